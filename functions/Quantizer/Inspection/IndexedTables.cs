using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Inspection;

/// <summary>
/// Which constant tables the whole numbers of an input pick rows from: followed over nodes that keep the numbers, into
/// subgraphs and the bodies of model functions.
/// </summary>
internal sealed class IndexedTables
{
    private const int MostNodes = 4096;

    private readonly OnnxModel _model;
    private readonly ValueIndex _index;
    private readonly ConstantInts _constants;
    private readonly WeightTracer _tracer;

    internal IndexedTables(InspectedModel inspected)
    {
        _model = inspected.Model!;
        _index = new ValueIndex(_model);
        _constants = new ConstantInts(_index, inspected.File);
        _tracer = new WeightTracer(_index, _constants);
    }

    /// <summary>Rows of the smallest table, less what is added to the numbers on the way; null when there is none.</summary>
    internal long? Rows(string input)
    {
        if (_index.Resolve(_model.Graph!, input) is not { } source)
        {
            return null;
        }

        long? rows = null;
        var seen = new HashSet<ValueSource>();
        var open = new Stack<(ValueSource Value, long Added)>([(source, 0)]);
        while (open.Count > 0 && seen.Count < MostNodes)
        {
            var (value, added) = open.Pop();
            if (!seen.Add(value))
            {
                continue;
            }

            foreach (var use in value.Uses)
            {
                if (Table(use) is { } table && table - added > 0)
                {
                    rows = Math.Min(rows ?? long.MaxValue, table - added);
                }

                foreach (var next in Next(use, added))
                {
                    open.Push(next);
                }
            }
        }

        return rows;
    }

    private long? Table(ValueUse use)
    {
        var node = use.Node;
        return (node.OpType, use.Input) switch
        {
            ("Gather", 1) when node.IsStandard => Size(node, 0, node.Attribute("axis")?.Int ?? 0),
            ("GatherBlockQuantized", 1) => Size(node, 0, node.Attribute("gather_axis")?.Int ?? 0),
            // Token and segment ids, then the tables of words, positions and segments.
            ("EmbedLayerNormalization", 0) => Size(node, 2, 0),
            ("EmbedLayerNormalization", 1) => Size(node, 4, 0),
            ("OneHot", 0) when node.IsStandard && node.Inputs.Count > 1 => _constants.Read(node.Graph, node.Inputs[1]) is [var depth]
                ? depth
                : null,
            _ => null,
        };
    }

    private long? Size(OnnxNode node, int input, long axis)
    {
        if (node.Inputs.Count <= input || _tracer.Trace(node.Graph, node.Inputs[input]) is not { } traced)
        {
            return null;
        }

        axis = axis < 0 ? axis + traced.Dims.Length : axis;
        return axis >= 0 && axis < traced.Dims.Length ? traced.Dims[axis] : null;
    }

    private IEnumerable<(ValueSource Value, long Added)> Next(ValueUse use, long added)
    {
        var node = use.Node;
        if (_model.Functions.Find(f => f.Name == node.OpType && f.Domain == node.Domain) is { } function)
        {
            if (use.Input < function.Inputs.Count && _index.Resolve(function, function.Inputs[use.Input].Name) is { } argument)
            {
                yield return (argument, added);
            }

            yield break;
        }

        if (!node.IsStandard || node.Outputs.Count == 0 || _index.Resolve(node.Graph, node.Outputs[0]) is not { } output)
        {
            yield break;
        }

        switch (node.OpType)
        {
            case "Identity"
            or "Cast"
            or "Reshape"
            or "Squeeze"
            or "Unsqueeze"
            or "Flatten"
            or "Transpose"
            or "Expand"
            or "Slice"
            or "Tile" when use.Input == 0:
            case "Concat" or "Split" or "Gather" when use.Input == 0 || node.OpType == "Concat":
                yield return (output, added);
                break;
            // Positions often start after a few rows that mean something else.
            case "Add" when _constants.Read(node.Graph, node.Inputs[1 - use.Input]) is [>= 0 and var more]:
                yield return (output, added + more);
                break;
        }
    }
}
