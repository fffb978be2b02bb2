using System.Diagnostics;
using System.Globalization;
using SlmOps.Inference;

namespace SlmOps.Benchmarks;

/// <summary>
/// Speed of candidates against a baseline, one thread, random tokens: prefill of a whole prompt, and decoding of its last
/// tokens one by one. All models are open at once
/// and take turns, so that what else the machine does meets them alike; the best of all rounds counts, because other
/// work can only make a round slower.
/// </summary>
internal static class SpeedCommand
{
    internal static int Run(string[] arguments)
    {
        var options = new Arguments(arguments);
        var (prompt, steps, rounds) = (options.Number("prompt", 64), options.Number("steps", 32), options.Number("rounds", 10));
        var random = new Random(1);
        var tokens = Enumerable.Range(0, prompt).Select(_ => random.Next(options.Number("vocabulary", 16384))).ToArray();
        var runs = options.Rest.Select(path => new ModelRun(path)).ToList();
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var run in runs)
            {
                run.Measure(tokens, steps, counts: round > 0);
            }
        }

        foreach (var run in runs)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Path.GetFileName(run.Path)}: decode {run.Decode:F1} tok/s, {run.Decode / runs[0].Decode:F2}x; prefill "
                        + $"{run.Prefill:F0} tok/s, {run.Prefill / runs[0].Prefill:F2}x"
                ));
            run.Dispose();
        }

        return 0;
    }

    private sealed class ModelRun(string path) : IDisposable
    {
        private readonly LanguageModel _model = LanguageModel.Open(path, new LanguageModelOptions { Threads = 1 });

        internal string Path => path;

        /// <summary>Tokens a second, best round.</summary>
        internal double Prefill { get; private set; }

        /// <summary>Tokens a second, best round.</summary>
        internal double Decode { get; private set; }

        internal void Measure(int[] tokens, int steps, bool counts)
        {
            var prompt = tokens.Length;
            using var session = _model.NewSession();
            var clock = Stopwatch.StartNew();
            session.Append(tokens.AsSpan(0, prompt), allLogits: false);
            var prefill = clock.Elapsed.TotalSeconds;
            session.Reset();
            session.Append(tokens.AsSpan(0, prompt - steps), allLogits: false);
            clock.Restart();
            for (var i = prompt - steps; i < prompt; i++)
            {
                session.Append(tokens.AsSpan(i, 1), allLogits: false);
            }

            if (counts)
            {
                Prefill = Math.Max(Prefill, prompt / prefill);
                Decode = Math.Max(Decode, steps / clock.Elapsed.TotalSeconds);
            }
        }

        public void Dispose() => _model.Dispose();
    }
}
