using System.Numerics.Tensors;

namespace SlmOps.Inference;

/// <summary>
/// Sums over positions of the baseline's and the candidate's next-token predictions. Log-softmax in double:
/// log p_i = x_i − m − log Σ exp(x_j − m), with m the largest logit.
/// </summary>
internal sealed class PredictionScores(int vocabulary)
{
    private readonly double[] _reference = new double[vocabulary];
    private readonly double[] _candidate = new double[vocabulary];
    private readonly double[] _probability = new double[vocabulary];
    private double _baselineLoss;
    private double _loss;
    private double _kl;
    private int _agreed;

    internal int Count { get; private set; }

    internal double BaselinePerplexity => Math.Exp(_baselineLoss / Count);

    internal double Perplexity => Math.Exp(_loss / Count);

    internal double Kl => _kl / Count;

    internal double Top1Agreement => (double)_agreed / Count;

    /// <summary>Scores one position.</summary>
    /// <param name="baseline">The baseline's logits.</param>
    /// <param name="candidate">The candidate's logits.</param>
    /// <param name="next">The token that follows in the text.</param>
    internal void Add(ReadOnlySpan<float> baseline, ReadOnlySpan<float> candidate, int next)
    {
        LogSoftmax(baseline, _reference);
        LogSoftmax(candidate, _candidate);
        _baselineLoss -= _reference[next];
        _loss -= _candidate[next];
        _kl += Divergence();
        _agreed += Argmax.Of(baseline) == Argmax.Of(candidate) ? 1 : 0;
        Count++;
    }

    private void LogSoftmax(ReadOnlySpan<float> logits, double[] target)
    {
        TensorPrimitives.ConvertChecked<float, double>(logits, target);
        var max = TensorPrimitives.Max<double>(target);
        TensorPrimitives.Subtract(target, max, target);
        TensorPrimitives.Exp<double>(target, _probability);
        TensorPrimitives.Subtract(target, Math.Log(TensorPrimitives.Sum<double>(_probability)), target);
    }

    /// <summary>Σ p_i (log p_i − log q_i).</summary>
    private double Divergence()
    {
        TensorPrimitives.Exp<double>(_reference, _probability);
        var sum = 0.0;
        for (var i = 0; i < _probability.Length; i++)
        {
            // A token the baseline rules out (logit −∞) adds nothing, whatever the candidate says of it.
            if (_probability[i] != 0)
            {
                sum += _probability[i] * (_reference[i] - _candidate[i]);
            }
        }

        return sum;
    }
}
