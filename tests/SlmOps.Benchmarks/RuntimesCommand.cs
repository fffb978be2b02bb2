using System.Diagnostics;
using System.Runtime.InteropServices;
using SlmOps.Quantizer;
using SlmOps.Quantizer.Recipes;
using SlmOps.Quantizer.Tests.Corpus;

namespace SlmOps.Benchmarks;

/// <summary>
/// Outputs of every recipe on awkward graphs, in the versions of ONNX Runtime that they say they need and later ones, through
/// npm's binding: each must give what the runtime of this solution gives. <c>--through</c> starts Node.js under an emulator.
/// </summary>
internal static class RuntimesCommand
{
    // Level 4 rounds inputs, and other kernels round other values; a fault is far from both.
    private const double SameOutput = 0.05;

    private const string Versions = "1.18.0,1.19.2,1.20.1,1.21.1,1.22.0,1.23.0,1.23.2,1.24.1,1.24.3,1.25.1,1.26.0,1.27.0,1.29.0,1.30.0";

    private sealed record Case(RuntimeRequest Request, Version Needs, string Shape, float[] Values);

    private sealed record Score(int Met, List<string> Faults);

    internal static async Task<int> RunAsync(string[] arguments)
    {
        var options = new Arguments(arguments);
        var folder = Path.GetFullPath(options.Text("folder", Path.Combine(Path.GetTempPath(), "slmops-runtimes")));
        var launcher = options.Text("through", "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var versions = options.Text("versions", Versions).Split(',');
        var seeds = Enumerable.Range(options.Number("first", 0), options.Number("count", 154)).ToList();
        var faults = 0;
        foreach (var recipe in RecipeCatalog.All.Select(r => r.Name).Where(r => options.Text("recipe", r) == r))
        {
            var cases = seeds.ConvertAll(seed => Make(Path.Combine(folder, "models", recipe, $"{seed}"), recipe, seed));
            foreach (var version in versions)
            {
                var score = await TryAsync(Path.Combine(folder, version), version, launcher, cases);
                faults += score.Faults.Count;
                Console.WriteLine(
                    $"{recipe,-14}{version,-8}{score.Met,4} of {cases.Count} say it will do, {score.Faults.Count} are wrong or refused");
                score.Faults.ForEach(fault => Console.WriteLine($"  {fault}"));
            }
        }

        return faults == 0 ? 0 : 1;
    }

    private static Case Make(string folder, string recipe, int seed)
    {
        var model = new AwkwardModel(seed);
        var path = Path.Combine(folder, "out.onnx");
        var options = new QuantizationOptions { Recipe = recipe, Sparsity = recipe == "prune" ? 0.3 : null };
        var original = model.Builder.Save(folder, model.Files);
        var report = ModelQuantizer.Quantize(original, path, options, null, CancellationToken.None);
        var (shape, values) = Comparison.Run(model, path, seed);
        return new(new(model, path, seed), Version.Parse(report.MinimumOrt), shape, values);
    }

    private static async Task<Score> TryAsync(string folder, string version, string[] launcher, List<Case> cases)
    {
        Install(folder, version);
        var runtime = new OtherRuntime(folder, launcher);
        var met = cases.Where(c => c.Needs <= Version.Parse(version)).ToList();
        var answers = await AnswersAsync(runtime, met);
        return new(met.Count, [.. met.Zip(answers).Select(pair => Fault(pair.First, pair.Second)).OfType<string>()]);
    }

    // One model that ends the process says nothing about the others.
    private static async Task<List<RuntimeAnswer>> AnswersAsync(OtherRuntime runtime, List<Case> cases)
    {
        try
        {
            return await runtime.RunAsync(cases.Select(c => c.Request), CancellationToken.None);
        }
        catch (InvalidOperationException died)
        {
            if (cases.Count <= 1)
            {
                return [.. cases.Select(_ => new RuntimeAnswer(null, null, died.Message.Split('\n')[0]))];
            }

            var half = cases.Count / 2;
            return [.. await AnswersAsync(runtime, cases[..half]), .. await AnswersAsync(runtime, cases[half..])];
        }
    }

    private static string? Fault(Case one, RuntimeAnswer answer)
    {
        var about = $"seed {one.Request.Seed}, {string.Join(", ", one.Request.Model.Features)}, needs {one.Needs}";
        return answer.Error is { } error ? $"{about}: {error[..Math.Min(error.Length, 160)].ReplaceLineEndings(" ")}"
            : string.Join(',', answer.Dims!) != one.Shape ? $"{about}: another shape"
            : Comparison.Difference(one.Values, MemoryMarshal.Cast<byte, float>(answer.Data).ToArray()) is var difference
            && !(difference <= SameOutput)
                ? $"{about}: differs by {difference:G3}"
            : null;
    }

    private static void Install(string folder, string version)
    {
        if (Directory.Exists(Path.Combine(folder, "node_modules", "onnxruntime-node")))
        {
            return;
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "package.json"), """{"private":true}""");
        using var npm = Process.Start(
            new ProcessStartInfo(
                "npm",
                ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", $"onnxruntime-node@{version}"])
            {
                WorkingDirectory = folder,
            }
        )!;
        npm.WaitForExit();
        if (npm.ExitCode != 0)
        {
            throw new InvalidOperationException($"npm cannot install onnxruntime-node {version}.");
        }
    }
}
