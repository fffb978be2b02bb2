using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Planning;

/// <summary>
/// How large the input channels of a product are, as far as the graph itself tells: behind a normalization every channel
/// has the size of its learned gain, so an error in a row of the weight counts by the square of that gain.
/// </summary>
internal sealed class InputImportance(ValueIndex index, WeightTracer tracer, WeightReader reader)
{
    /// <summary>Weight of the squared error of each of the K rows, with mean one; null when nothing is known.</summary>
    internal float[]? Of(PlannedWeight weight)
    {
        foreach (var use in weight.Uses.Where(u => u.Kind != UseKind.Gather))
        {
            if (Gain(use.Node, use.View.K) is { } gain)
            {
                return Normalized(gain);
            }
        }

        return null;
    }

    private float[]? Gain(OnnxNode node, int k)
    {
        if (node.OpType == "Gemm" && node.Attribute("transA") is { Int: not 0 })
        {
            return null;
        }

        var value = index.Resolve(node.Graph, node.Inputs[0]);
        for (var i = 0; i < 4 && value?.Node is { } before && before.OpType is "Cast" or "Identity" or "Reshape" or "Dropout"; i++)
        {
            value = index.Resolve(value.Node.Graph, value.Node.Inputs[0]);
        }

        if (value?.Node is not { } producer || producer.Outputs[0] != value.Name)
        {
            return null;
        }

        int[] places = producer.OpType switch
        {
            "Mul" => [0, 1],
            "LayerNormalization" or "RMSNormalization" or "SimplifiedLayerNormalization" => [1],
            "SkipSimplifiedLayerNormalization" or "SkipLayerNormalization" => [2],
            _ => [],
        };
        foreach (var place in places)
        {
            if (place < producer.Inputs.Count && tracer.Trace(producer.Graph, producer.Inputs[place]) is { Reason: null } traced
                && traced.Tensor.Elements == k && traced.Tensor.Type.IsWeight() && traced.Dims.Length > 0 && traced.Dims[^1] == k)
            {
                var gain = new float[k];
                reader.ReadFloats(traced.Tensor, 0, gain);
                return gain;
            }
        }

        return null;
    }

    private static float[]? Normalized(float[] gain)
    {
        double sum = 0;
        foreach (var g in gain)
        {
            sum += (double)g * g;
        }

        var mean = sum / gain.Length;
        if (!double.IsFinite(mean) || mean <= 0)
        {
            return null;
        }

        // A floor keeps rows with a gain near zero from being given up altogether.
        return Array.ConvertAll(gain, g => (float)Math.Max((double)g * g / mean, 0.01));
    }
}
