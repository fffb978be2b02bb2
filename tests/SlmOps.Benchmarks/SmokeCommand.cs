using System.Globalization;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Inference;
using SlmOps.Inference.Sandbox;
using SlmOps.Pipeline.Validate;
using SlmOps.Quantizer;

namespace SlmOps.Benchmarks;

/// <summary>
/// The smoke test's own test. <c>make MODEL OUT</c> builds each recipe with its smoke.json; <c>run AGENT FOLDER…</c> has the
/// real agent test them, under an emulator with <c>--launcher</c>; <c>faults FOLDER…</c> breaks them in seeded ways and
/// counts what the test catches.
/// </summary>
internal static class SmokeCommand
{
    private static readonly (string Name, QuantizationOptions Options)[] Recipes =
    [
        ("fp16", new() { Recipe = "fp16" }),
        ("int8", new() { Recipe = "int8" }),
        ("int8-dynamic", new() { Recipe = "int8-dynamic" }),
        ("int4", new() { Recipe = "int4" }),
        ("int4-mixed", new() { Recipe = "int4-mixed" }),
        ("auto", new() { Recipe = "auto", ErrorBudget = 0.05 }),
        ("prune", new() { Recipe = "prune", Sparsity = 0.3 }),
    ];

    internal static Task<int> RunAsync(string[] arguments) => arguments switch
    {
        ["make", .. var rest] => MakeAsync(new(rest)),
        ["run", .. var rest] => TryAsync(new(rest)),
        ["faults", .. var rest] => Task.FromResult(SmokeFaults.Run(new(rest))),
        _ => Task.FromResult(2),
    };

    private static async Task<int> MakeAsync(Arguments options)
    {
        var (model, target) = (options.Rest[0], options.Rest[1]);
        foreach (var (name, recipe) in Recipes.Prepend(("fp32", new QuantizationOptions { Recipe = "" })))
        {
            var folder = Directory.CreateDirectory(Path.Combine(target, name)).FullName;
            foreach (var file in Directory.GetFiles(model).Where(file =>
                recipe.Recipe.Length == 0 || !Path.GetFileName(file).StartsWith("model.", StringComparison.Ordinal)))
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
            }

            var path = Path.Combine(folder, "model.onnx");
            if (recipe.Recipe.Length > 0)
            {
                ModelQuantizer.Quantize(Path.Combine(model, "model.onnx"), path, recipe, null, CancellationToken.None);
            }

            var sandbox = await ModelSandbox.StartAsync(RunnerCommand.Find(), new(), TimeProvider.System, CancellationToken.None);
            await using (sandbox)
            {
                var test = await SmokePrompts.AnswerAsync(Prompts(model), sandbox, path, new(), CancellationToken.None);
                await File.WriteAllBytesAsync(
                    Path.Combine(folder, "smoke.json"), JsonSerializer.SerializeToUtf8Bytes(test, ContractsJson.Default.SmokeTest));
                Console.WriteLine(
                    string.Create(CultureInfo.InvariantCulture, $"{name}: whole {test.Bounds?.Whole}, steps {test.Bounds?.Steps}"));
            }
        }

        return 0;
    }

    /// <summary>The model's own prompts, or made up tokens.</summary>
    private static SmokeTest Prompts(string folder)
    {
        var path = Path.Combine(folder, "smoke.json");
        if (File.Exists(path))
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ContractsJson.Default.SmokeTest)!;
        }

        using var model = LanguageModel.Open(Path.Combine(folder, "model.onnx"));
        var random = new Random(1);
        return new(16, 0.75, [.. Enumerable.Range(0, 4).Select(_ => new SmokePrompt(
            "", [.. Enumerable.Range(0, 8).Select(_ => random.Next(model.Shape.VocabularySize))], null))]);
    }

    private static async Task<int> TryAsync(Arguments options)
    {
        var refused = 0;
        string[] launcher = options.Has("launcher") ? options.Text("launcher", "").Split(' ') : [];
        foreach (var folder in options.Rest.Skip(1))
        {
            var before = ChildSeconds();
            var limits = new RunLimits { MemoryBytes = 4L << 30, Wall = TimeSpan.FromMinutes(5), Cpu = TimeSpan.FromMinutes(5) };
            string answer;
            var sandbox = await ModelSandbox.StartAsync(
                [options.Rest[0], "--smoke"], limits, TimeProvider.System, CancellationToken.None, launcher);
            await using (sandbox)
            {
                answer = await sandbox.DoAsync(
                    JsonSerializer.Serialize(new { folder = Path.GetFullPath(folder), prompts = options.Number("prompts", 64) }),
                    CancellationToken.None);
            }

            using var outcome = JsonDocument.Parse(answer);
            var passed = outcome.RootElement.GetProperty("passed").GetBoolean();
            refused += passed ? 0 : 1;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{(passed ? "ok" : "REFUSED"),-8}{Path.GetFileName(folder),-14}{ChildSeconds() - before,6:F2} CPU s  "
                    + $"{outcome.RootElement.GetProperty("reason").GetString()}"));
        }

        return refused;
    }

    /// <summary>CPU of the children that are gone. man 5 proc_pid_stat: fields 16 and 17, in hundredths.</summary>
    private static double ChildSeconds()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ').Skip(13).Take(2)
            .Sum(ticks => double.Parse(ticks, CultureInfo.InvariantCulture)) / 100;
    }
}
