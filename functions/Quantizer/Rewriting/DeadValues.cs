using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Analysis;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Removes constants, and the nodes that only moved them, once nothing reads them any more.</summary>
internal sealed class DeadValues(ValueIndex index, GraphEdits edits)
{
    /// <summary>Takes one reader away from a value.</summary>
    internal void Release(OnnxNode reader, int input)
    {
        if (index.Resolve(reader.Graph, reader.Inputs[input]) is not { } value)
        {
            return;
        }

        value.Uses.RemoveAll(u => u.Node == reader && u.Input == input);
        if (value.Uses.Count > 0 || value.IsGraphOutput || value.IsInput)
        {
            return;
        }

        if (value.Initializer is { } tensor)
        {
            edits.Tensors[tensor] = null;
            edits.RemoveValue(value.Graph, value.Name);
        }
        else if (value.Node is { } node && IsRemovable(node))
        {
            edits.Nodes[node] = [];
            edits.RemoveValue(value.Graph, value.Name);
            for (var i = 0; i < node.Inputs.Count; i++)
            {
                if (node.Inputs[i].Length > 0)
                {
                    Release(node, i);
                }
            }
        }
    }

    private static bool IsRemovable(OnnxNode node) => node.IsStandard && node.Outputs.Count == 1
        && node.OpType is "Constant" or "Identity" or "Cast" or "Transpose" or "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten";
}
