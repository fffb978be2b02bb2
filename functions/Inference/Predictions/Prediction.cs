using System.Numerics.Tensors;

namespace SlmOps.Inference.Predictions;

/// <summary>
/// What a model says at one position. The kept tokens have their probabilities; of the others, the tail, there are sums.
/// With every token kept the tail is empty.
/// </summary>
internal sealed class Prediction(int vocabulary, bool whole)
{
    private readonly int[] _ids = whole ? [] : new int[vocabulary];
    private readonly float[] _probabilities = new float[vocabulary];
    private readonly double[] _wide = new double[whole ? vocabulary : 0];

    /// <summary>−log p of the token that follows in the text.</summary>
    internal double Loss { get; set; }

    /// <summary>log Σ exp(x_i) over all tokens.</summary>
    internal double LogSum { get; set; }

    /// <summary>Σ p_i x_i over the kept tokens, with the probabilities as they are kept.</summary>
    internal double Mean { get; set; }

    /// <summary>Σ p_i over the kept tokens, with the probabilities as they are kept: 1 but for rounding and the tail.</summary>
    internal double KeptMass { get; set; }

    /// <summary>Σ p_i over the tail.</summary>
    internal double TailMass { get; set; }

    /// <summary>Σ p_i log p_i over the tail.</summary>
    internal double TailEntropy { get; set; }

    /// <summary>The likeliest token.</summary>
    internal int Best { get; set; }

    internal int Kept { get; set; }

    internal bool IsWhole => whole;

    /// <summary>Ids of the kept tokens; empty when all are kept, as each is at its own place then.</summary>
    internal Span<int> Ids => _ids.AsSpan(0, whole ? 0 : Kept);

    internal Span<float> Probabilities => _probabilities.AsSpan(0, Kept);

    /// <summary>Fills it from a row of logits.</summary>
    /// <param name="row">The row, read already.</param>
    /// <param name="logits">The same row.</param>
    /// <param name="next">The token that follows in the text.</param>
    /// <param name="most">Most tokens to keep.</param>
    internal void Take(Softmax row, ReadOnlySpan<float> logits, int next, int most)
    {
        Loss = row.LogSum - row.Logits[next];
        LogSum = row.LogSum;
        Best = Argmax.Of(logits);
        (TailMass, TailEntropy) = (0, 0);
        var scale = 1 / row.WeightSum;
        if (whole)
        {
            Kept = vocabulary;
            TensorPrimitives.Multiply(row.Weights, scale, _wide);
            TensorPrimitives.ConvertTruncating<double, float>(_wide, _probabilities);
        }
        else
        {
            TakeLikeliest(row, scale, most);
        }

        Mean = Dot(row.Logits);
        KeptMass = whole ? TensorPrimitives.Sum<double>(_wide) : Sum(Probabilities);
    }

    /// <summary>Σ p_i v_i over the kept tokens; a token of probability 0 adds nothing, whatever its value.</summary>
    internal double Dot(ReadOnlySpan<double> values)
    {
        var probabilities = Probabilities;
        if (whole)
        {
            TensorPrimitives.ConvertTruncating<float, double>(probabilities, _wide);
            var quick = TensorPrimitives.Dot<double>(_wide, values);
            return double.IsFinite(quick) ? quick : OneByOne(probabilities, values);
        }

        var sum = 0.0;
        for (var k = 0; k < probabilities.Length; k++)
        {
            sum += Term(probabilities[k], values[_ids[k]]);
        }

        return sum;
    }

    private static double OneByOne(ReadOnlySpan<float> probabilities, ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            sum += Term(probabilities[i], values[i]);
        }

        return sum;
    }

    private static double Term(float probability, double value) => probability == 0 ? 0 : probability * value;

    private static double Sum(ReadOnlySpan<float> probabilities)
    {
        var sum = 0.0;
        foreach (var probability in probabilities)
        {
            sum += probability;
        }

        return sum;
    }

    private void TakeLikeliest(Softmax row, double scale, int most)
    {
        var least = LikeliestTokens.Threshold(row.Weights, most);
        Kept = 0;
        for (var i = 0; i < vocabulary; i++)
        {
            var probability = row.Weights[i] * scale;
            if (row.Weights[i] >= least && Kept < most)
            {
                _ids[Kept] = i;
                _probabilities[Kept++] = (float)probability;
            }
            else if (probability > 0)
            {
                TailMass += probability;
                TailEntropy += probability * (row.Logits[i] - row.LogSum);
            }
        }
    }
}
