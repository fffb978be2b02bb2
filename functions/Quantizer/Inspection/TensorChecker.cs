using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Inspection;

/// <summary>Checks that every tensor's bytes are there and are as many as its shape says.</summary>
internal sealed class TensorChecker(ExternalFiles files, ProblemList problems)
{
    private readonly List<(string File, long Offset, long Length, string Name)> _ranges = [];

    internal void Check(OnnxModel model, CancellationToken cancellationToken)
    {
        foreach (var graph in model.AllGraphs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var tensor in graph.Initializers)
            {
                Check(tensor, tensor.Name);
            }

            foreach (var node in graph.Nodes)
            {
                foreach (var attribute in node.Attributes)
                {
                    if (attribute.Tensor is { } tensor)
                    {
                        Check(tensor, node.Outputs.Count > 0 && node.Outputs[0].Length > 0 ? node.Outputs[0] : node.ToString());
                    }
                }
            }
        }

        model.ExternalElsewhere.ForEach(what => problems.Add(Problems.ExternalElsewhere(what)));
        CheckOverlaps();
    }

    private void Check(OnnxTensor tensor, string name)
    {
        if (tensor.Name.Length == 0)
        {
            tensor.Name = name;
        }

        if (tensor.Type == ElementType.Undefined)
        {
            problems.Add(Problems.BadType(name, tensor.RawType));
            return;
        }

        var elements = tensor.Elements;
        if (elements < 0)
        {
            problems.Add(Problems.BadShape(name, tensor.ShapeText));
            return;
        }

        if (tensor.Storage == Storage.External && tensor.Type != ElementType.String)
        {
            if (files.Check(tensor) is { } problem)
            {
                problems.Add(problem);
            }
            else if (tensor.ByteLength > 0)
            {
                _ranges.Add((tensor.External!.Location, tensor.External.Offset, tensor.ByteLength, name));
            }

            return;
        }

        if (tensor.Type == ElementType.String)
        {
            return;
        }

        var mismatch = tensor.Storage switch
        {
            Storage.Inline => tensor.Inline.Length != tensor.ByteLength ? tensor.Inline.Length : -1,
            // Values below a byte are packed two or four to an int32 entry.
            Storage.Typed => tensor.Type.Bits() >= 8 && tensor.TypedCount != ValuesPerEntry(tensor) * elements
                ? tensor.TypedCount * tensor.Type.Bits() / 8
                : -1,
            _ => elements != 0 ? 0 : -1L,
        };
        if (mismatch >= 0)
        {
            problems.Add(Problems.SizeMismatch(name, tensor.ShapeText, tensor.Type.Text(), tensor.ByteLength, mismatch));
        }
    }

    // A complex value takes two entries.
    private static int ValuesPerEntry(OnnxTensor tensor) => tensor.Type is ElementType.Complex64 or ElementType.Complex128 ? 2 : 1;

    private void CheckOverlaps()
    {
        _ranges.Sort((a, b) => string.CompareOrdinal(a.File, b.File) is var c && c != 0 ? c
            : a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.Length.CompareTo(b.Length));
        for (var i = 1; i < _ranges.Count; i++)
        {
            var (before, now) = (_ranges[i - 1], _ranges[i]);
            // The very same bytes used twice are a tied weight, not damage.
            var tied = before.Offset == now.Offset && before.Length == now.Length;
            if (before.File == now.File && !tied && now.Offset < before.Offset + before.Length)
            {
                problems.Add(Problems.ExternalOverlap(before.Name, now.Name, now.File));
            }
        }
    }
}
