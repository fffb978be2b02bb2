using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using SlmOps.Contracts;
using SlmOps.Inference;
using SlmOps.Inference.Smoke;
using SlmOps.Tests.Onnx;

namespace SlmOps.Benchmarks;

/// <summary>Breaks packaged models in seeded ways, and counts which of them the smoke test catches, by how far the model is off.</summary>
internal static class SmokeFaults
{
    private const int Windows = 4;
    private const int WindowTokens = 96;

    internal static int Run(Arguments options)
    {
        var count = options.Number("count", 600) / options.Rest.Count;
        var (rows, failed) = (new List<(double Kl, bool Caught, string What)>(), 0);
        foreach (var folder in options.Rest)
        {
            var test = JsonSerializer.Deserialize(
                File.ReadAllBytes(Path.Combine(folder, "smoke.json")), ContractsJson.Default.SmokeTest)!;
            var windows = Texts(folder);
            var right = Logits(Path.Combine(folder, "model.onnx"), windows);
            var random = new Random(options.Number("seed", 1));
            for (var i = 0; i < count; i++)
            {
                var broken = Directory.CreateTempSubdirectory("smoke-fault-").FullName;
                try
                {
                    var what = ModelFault.Write(folder, broken, random, options.Rest);
                    try
                    {
                        var kl = Kl(right, Logits(Path.Combine(broken, "model.onnx"), windows));
                        rows.Add((kl, !Passes(Path.Combine(broken, "model.onnx"), test), $"{Path.GetFileName(folder)}: {what}"));
                    }
                    catch (Exception exception)
                        when (exception is ModelOpenException or InferenceException or ArgumentException or OverflowException)
                    {
                        failed++;
                    }
                }
                finally
                {
                    Directory.Delete(broken, true);
                }
            }
        }

        Console.WriteLine($"{rows.Count + failed} faults, {failed} of them do not load or run (caught)");
        foreach (var (least, most) in new[] { (0.05, double.PositiveInfinity), (0.01, 0.05), (0.001, 0.01), (0, 0.001) })
        {
            // What is no number is as far off as can be.
            var some = rows.Where(row => double.IsFinite(row.Kl) ? row.Kl >= least && row.Kl < most : double.IsInfinity(most)).ToList();
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"KL {least} to {most}: {some.Count(row => row.Caught)} of {some.Count} caught"));
            foreach (var row in some.Where(row => !row.Caught && least >= 0.01))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  missed: KL {row.Kl:F4} {row.What}"));
            }
        }

        return 0;
    }

    private static List<int[]> Texts(string folder)
    {
        var tokenizer = Path.Combine(folder, "tokenizer.json");
        if (File.Exists(tokenizer) && File.Exists(Path.Combine(folder, "eval.txt")))
        {
            var tokens = Tokenizer.Load(tokenizer).Encode(File.ReadAllText(Path.Combine(folder, "eval.txt")));
            return [.. Enumerable.Range(0, Windows).Select(i => tokens.Skip(i * tokens.Count / Windows).Take(WindowTokens).ToArray())];
        }

        using var model = LanguageModel.Open(Path.Combine(folder, "model.onnx"));
        var random = new Random(7);
        return [.. Enumerable.Range(0, Windows).Select(_ =>
            Enumerable.Range(0, WindowTokens).Select(_ => random.Next(model.Shape.VocabularySize)).ToArray())];
    }

    private static List<float[]> Logits(string path, List<int[]> windows)
    {
        using var model = LanguageModel.Open(path);
        return [.. windows.Select(window =>
        {
            using var session = model.NewSession();
            return session.Append(window, allLogits: true).ToArray();
        })];
    }

    private static double Kl(List<float[]> right, List<float[]> wrong)
    {
        var (sum, rows) = (0.0, 0);
        foreach (var (a, b) in right.Zip(wrong))
        {
            var vocabulary = a.Length / WindowTokens;
            for (var row = 0; row < WindowTokens; row++, rows++)
            {
                var x = a.AsSpan(row * vocabulary, vocabulary);
                var y = b.AsSpan(row * vocabulary, vocabulary);
                var (lx, ly) = (LogSum(x), LogSum(y));
                for (var i = 0; i < vocabulary; i++)
                {
                    sum += Math.Exp(x[i] - lx) * (x[i] - lx - y[i] + ly);
                }
            }
        }

        return sum / rows;
    }

    private static double LogSum(ReadOnlySpan<float> row)
    {
        var max = (double)System.Numerics.Tensors.TensorPrimitives.Max(row);
        var sum = 0.0;
        foreach (var value in row)
        {
            sum += Math.Exp(value - max);
        }

        return max + Math.Log(sum);
    }

    private static bool Passes(string path, SmokeTest test)
    {
        using var model = LanguageModel.Open(path);
        List<SmokeText> expected = [.. test.Prompts.Select(prompt => prompt.Forced!)];
        var found = ForcedRun.Run(
            model, [.. expected.Select(text => new ForcedText(text.Tokens, text.Steps?.Best.Count ?? 0))], CancellationToken.None);
        var whole = SmokeJudge.Compare(expected.Zip(found, (a, b) => (a.Whole, b.Whole)), test.Bounds!.Whole.ClearMargin);
        var steps = SmokeJudge.Compare(
            expected.Zip(found).Where(pair => pair.First.Steps is not null).Select(pair => (pair.First.Steps!, pair.Second.Steps!)),
            test.Bounds.Steps.ClearMargin);
        return whole.IsWithin(test.Bounds.Whole) && steps.IsWithin(test.Bounds.Steps);
    }
}
