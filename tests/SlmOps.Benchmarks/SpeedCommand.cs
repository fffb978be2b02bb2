using System.Globalization;
using SlmOps.Inference;

namespace SlmOps.Benchmarks;

/// <summary>Decoding and prefill speed, and divergence, of candidates against a baseline on random tokens.</summary>
internal static class SpeedCommand
{
    internal static int Run(string[] arguments)
    {
        var options = new Arguments(arguments);
        var random = new Random(1);
        var tokens = Enumerable.Range(0, 300).Select(_ => random.Next(options.Number("vocabulary", 16384))).ToArray();
        foreach (var candidate in options.Rest.Skip(1))
        {
            var r = Evaluation.Compare(options.Rest[0], candidate, tokens, new EvaluationOptions { WindowTokens = 64, MaxWindows = options.Number("windows", 2), SpeedRepeats = 5 });
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Path.GetFileName(candidate)}: decode {r.TokensPerSecond:F1} tok/s, {r.TokensPerSecond / r.BaselineTokensPerSecond:F2}x of {r.BaselineTokensPerSecond:F1}; prefill {r.PrefillTokensPerSecond / r.BaselinePrefillTokensPerSecond:F2}x; KL {r.Kl:F4}, top-1 {r.Top1Agreement:F3}, load {r.LoadMs:F0} ms"));
        }

        return 0;
    }
}
