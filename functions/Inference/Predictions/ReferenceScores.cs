namespace SlmOps.Inference.Predictions;

/// <summary>How far the predictions of a run are from those of another run, mean and largest.</summary>
internal sealed class ReferenceScores(int vocabulary)
{
    private readonly PredictionScores _scores = new(vocabulary);
    private double _largestKl;
    private double _largestMargin;
    private double _probability;
    private double _largestProbability;

    internal double Kl => Math.Max(0, _scores.Kl);

    internal double LargestKl => _largestKl;

    internal double Top1 => _scores.Top1Agreement;

    /// <summary>Largest lead, in logits, of a token that is not the reference's likeliest.</summary>
    internal double LargestMargin => _largestMargin;

    internal double MeanLogProbability => _probability / _scores.Count;

    internal double LargestLogProbability => _largestProbability;

    internal void Add(Prediction reference, ReadOnlySpan<float> logits, int next)
    {
        _scores.Add(reference, logits, next);
        // Math.Max keeps NaN: what is not finite stays to be seen.
        _largestKl = Math.Max(_largestKl, _scores.LastKl);
        var difference = Math.Abs(_scores.LastLoss - reference.Loss);
        _probability += difference;
        _largestProbability = Math.Max(_largestProbability, difference);
        _largestMargin = Math.Max(_largestMargin, logits[Argmax.Of(logits)] - logits[reference.Best]);
    }
}
