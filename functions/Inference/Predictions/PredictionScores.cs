using System.Numerics.Tensors;

namespace SlmOps.Inference.Predictions;

/// <summary>
/// Sums over positions of the baseline's and the candidate's next-token predictions. The divergence of a position is
/// Σ p_i (log p_i − log q_i) = Σ p_i (x_i − y_i) + log-sum(y) − log-sum(x). Where the baseline's tail was not kept, its
/// part lies between r·log(r/s) (the log sum inequality, r and s being both tails' masses) and
/// Σ p_i log p_i − r·log q_least; the lower one counts, and <see cref="KlUncertainty"/> says how far the upper one is.
/// </summary>
internal sealed class PredictionScores(int vocabulary)
{
    private readonly Softmax _candidate = new(vocabulary);
    private double _baselineLoss;
    private double _loss;
    private double _kl;
    private double _uncertainty;
    private int _agreed;

    internal int Count { get; private set; }

    internal double BaselinePerplexity => Math.Exp(_baselineLoss / Count);

    internal double Perplexity => Math.Exp(_loss / Count);

    internal double Kl => _kl / Count;

    /// <summary>Most that <see cref="Kl"/> may be too low because tokens were left out; 0 when none was.</summary>
    internal double KlUncertainty => _uncertainty / Count;

    internal double Top1Agreement => (double)_agreed / Count;

    /// <summary>Divergence of the last position.</summary>
    internal double LastKl { get; private set; }

    /// <summary>−log p of the token that followed the last position, by the candidate.</summary>
    internal double LastLoss { get; private set; }

    /// <summary>Scores one position.</summary>
    /// <param name="baseline">What the baseline says there.</param>
    /// <param name="candidate">The candidate's logits.</param>
    /// <param name="next">The token that follows in the text.</param>
    internal void Add(Prediction baseline, ReadOnlySpan<float> candidate, int next)
    {
        _candidate.Read(candidate);
        _baselineLoss += baseline.Loss;
        LastLoss = _candidate.LogSum - _candidate.Logits[next];
        _loss += LastLoss;
        var before = _kl;
        _kl += baseline.Mean - baseline.Dot(_candidate.Logits) + (baseline.KeptMass * (_candidate.LogSum - baseline.LogSum));
        if (baseline.TailMass > 0)
        {
            AddTail(baseline);
        }

        LastKl = _kl - before;
        _agreed += baseline.Best == Argmax.Of(candidate) ? 1 : 0;
        Count++;
    }

    /// <summary>Scores one position of a candidate that is the baseline itself.</summary>
    internal void AddItself(Prediction baseline)
    {
        _baselineLoss += baseline.Loss;
        _loss += baseline.Loss;
        _agreed++;
        Count++;
    }

    private void AddTail(Prediction baseline)
    {
        var kept = 0.0;
        foreach (var id in baseline.Ids)
        {
            kept += _candidate.Weights[id];
        }

        // What rounding leaves of an empty tail is still a number.
        var mass = Math.Max(1 - (kept / _candidate.WeightSum), 1e-16);
        var lower = baseline.TailMass * Math.Log(baseline.TailMass / mass);
        var least = TensorPrimitives.Min<double>(_candidate.Logits) - _candidate.LogSum;
        _kl += lower;
        _uncertainty += Math.Max(0, baseline.TailEntropy - (baseline.TailMass * least) - lower);
    }
}
