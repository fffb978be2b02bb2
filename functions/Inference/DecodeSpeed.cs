using SlmOps.Inference.Predictions;

namespace SlmOps.Inference;

/// <summary>Tokens per second of one model: prefill is one pass over a window, decode is token by token after a prompt.</summary>
internal sealed record DecodeSpeed(double PrefillTokensPerSecond, double DecodeTokensPerSecond)
{
    internal static DecodeSpeed Measure(
        LanguageModel model,
        IReadOnlyList<int> tokens,
        int window,
        EvaluationOptions options,
        CancellationToken cancellationToken)
    {
        var random = new Random(options.Seed);
        var positions = model.Shape.MaxPositions ?? int.MaxValue;
        var prompt = Math.Max(1, Math.Min(options.SpeedPromptTokens, Math.Min(positions / 2, tokens.Count)));
        var steps = Math.Max(1, Math.Min(options.SpeedNewTokens, positions - prompt));
        var (bestPrefill, bestDecode) = (double.MaxValue, double.MaxValue);
        using var session = model.NewSession();
        for (var repeat = 0; repeat < Math.Max(1, options.SpeedRepeats); repeat++)
        {
            session.Reset();
            var text = Slice(tokens, random, window);
            bestPrefill = Math.Min(bestPrefill, Time(options.Time, () => session.Append(text, allLogits: true, cancellationToken)));

            session.Reset();
            var next = Argmax.Of(session.Append(Slice(tokens, random, prompt), allLogits: false, cancellationToken));
            bestDecode = Math.Min(bestDecode, Time(options.Time, () =>
            {
                for (var i = 0; i < steps; i++)
                {
                    if (session.Length == positions)
                    {
                        session.Reset();
                    }

                    next = Argmax.Of(session.Append([next], allLogits: false, cancellationToken));
                }
            }));
        }

        return new(window / bestPrefill, steps / bestDecode);
    }

    private static int[] Slice(IReadOnlyList<int> tokens, Random random, int count)
    {
        var start = random.Next(tokens.Count - count + 1);
        return [.. tokens.Skip(start).Take(count)];
    }

    /// <summary>Seconds, never zero, so that a speed is a finite number on any clock.</summary>
    private static double Time(TimeProvider clock, Action work)
    {
        var start = clock.GetTimestamp();
        work();
        return Math.Max(clock.GetElapsedTime(start).TotalSeconds, 1e-9);
    }
}
