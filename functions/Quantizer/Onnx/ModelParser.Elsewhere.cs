using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Onnx;

/// <summary>
/// Tensors in places that a rewritten model keeps byte for byte. Their data may lie in the model file; in another file it
/// would be left behind, so such tensors are noted.
/// </summary>
internal ref partial struct ModelParser
{
    // Values and indices of a sparse tensor; its name is that of the values.
    private string ParseSparse(OnnxModel model, ByteRange body)
    {
        var name = "";
        var cursor = new WireCursor(_data, body);
        while (cursor.Next(out var field))
        {
            if (field is { Number: 1 or 2, Type: WireType.Bytes })
            {
                var part = ParseTensor(field.Payload);
                name = field.Number == 1 ? part.Name : name;
                CheckElsewhere(model, part, "a sparse tensor");
            }
        }

        return name;
    }

    // Training graphs are no part of what runs; they are read to find tensors whose data would be left behind.
    private void CheckTraining(OnnxModel model, ByteRange body)
    {
        var cursor = new WireCursor(_data, body);
        while (cursor.Next(out var field))
        {
            if (field is { Number: 1 or 2, Type: WireType.Bytes })
            {
                var apart = new OnnxModel { Body = body };
                ParseGraph(apart, field.Payload, GraphKind.Main, null, null, 0);
                CheckAll(model, apart, "the training information");
            }
        }
    }

    // The default value of a function's attribute may be a tensor or a graph.
    private void CheckDefault(OnnxModel model, OnnxGraph function, ByteRange body)
    {
        var apart = new OnnxModel { Body = body };
        var attribute = ParseAttribute(apart, function, new OnnxNode { Body = body, Graph = function, Index = 0 }, body, 0);
        if (attribute.Tensor is { } tensor)
        {
            CheckElsewhere(model, tensor, "a default of a function");
        }

        CheckAll(model, apart, "a default of a function");
    }

    private static void CheckAll(OnnxModel model, OnnxModel apart, string where)
    {
        model.ExternalElsewhere.AddRange(apart.ExternalElsewhere);
        foreach (var graph in apart.AllGraphs)
        {
            graph.Initializers.ForEach(t => CheckElsewhere(model, t, where));
            graph
                .Nodes.SelectMany(n => n.Attributes)
                .Select(a => a.Tensor)
                .OfType<OnnxTensor>()
                .ToList()
                .ForEach(t => CheckElsewhere(model, t, where));
        }
    }

    private static void CheckElsewhere(OnnxModel model, OnnxTensor tensor, string where)
    {
        if (tensor.Storage == Storage.External && model.ExternalElsewhere.Count < ProblemList.Most)
        {
            model.ExternalElsewhere.Add($"'{tensor.Name}' of {where}");
        }
    }
}
