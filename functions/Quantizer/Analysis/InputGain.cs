using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Analysis;

/// <summary>Finds the learned gain of the normalization that a product reads.</summary>
internal sealed class InputGain(ValueIndex index, WeightTracer tracer)
{
    /// <summary>A constant of K values, or null when the input does not come from a normalization.</summary>
    internal OnnxTensor? Of(OnnxNode node, int k)
    {
        if (node.Attribute("transA") is { Int: not 0 }
            || index.Resolve(node.Graph, node.Inputs[0]) is not { Node: { } producer } value || producer.Outputs[0] != value.Name)
        {
            return null;
        }

        int[] places = producer.OpType switch
        {
            "Mul" => [0, 1],
            "LayerNormalization" or "RMSNormalization" or "SimplifiedLayerNormalization" => [1],
            "SkipLayerNormalization" or "SkipSimplifiedLayerNormalization" => [2],
            _ => [],
        };
        foreach (var place in places.Where(p => p < producer.Inputs.Count))
        {
            if (tracer.Trace(producer.Graph, producer.Inputs[place]) is { Reason: null } traced
                && traced.Tensor.Type.IsWeight() && traced.Tensor.Elements == k && traced.Dims.Length > 0 && traced.Dims[^1] == k)
            {
                return traced.Tensor;
            }
        }

        return null;
    }
}
