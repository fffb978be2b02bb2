using System.Numerics.Tensors;

namespace SlmOps.Inference.Predictions;

/// <summary>Index of the largest value; the lowest of equals, and NaN is never the largest.</summary>
internal static class Argmax
{
    internal static int Of(ReadOnlySpan<float> values)
    {
        // The quick way names the first NaN, and takes 0 for more than −0.
        var quick = TensorPrimitives.IndexOfMax(values);
        return quick >= 0 && !float.IsNaN(values[quick]) && values[quick] != 0 ? quick : OneByOne(values);
    }

    private static int OneByOne(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best] || (float.IsNaN(values[best]) && !float.IsNaN(values[i])))
            {
                best = i;
            }
        }

        return best;
    }
}
