using System.Globalization;
using SlmOps.Inference;
using SlmOps.Inference.Sandbox;
using SlmOps.Quantizer;

namespace SlmOps.Benchmarks;

/// <summary>
/// What validation of a language model costs: the original, its int8 and its int4, as the pipeline judges them, in this
/// process and through a process for each variant, in turns.
/// </summary>
internal static class ValidateCommand
{
    private const int Prompts = 4;
    private const int PromptTokens = 8;
    private const int NewTokens = 16;

    private static readonly string[] Recipes = ["int8", "int4"];

    internal static async Task<int> RunAsync(string[] arguments)
    {
        var options = new Arguments(arguments);
        var source = options.Text("model", "infra/samples/pydocs-slm");
        var folder = Directory.CreateTempSubdirectory("slmops-");
        try
        {
            var original = Path.Combine(source, "model.onnx");
            List<string> variants = [original, .. Recipes.Select(recipe => Build(original, folder.FullName, recipe))];
            var tokens = Tokenizer
                .Load(Path.Combine(source, "tokenizer.json"))
                .Encode(await File.ReadAllTextAsync(Path.Combine(source, "eval.txt")));
            var work = new Work(variants, tokens, Path.Combine(folder.FullName, "predictions"));
            for (var round = 0; round < options.Number("rounds", 3); round++)
            {
                var here = options.Text("where", "both") != "child" ? await MeasureAsync("here", () => HereAsync(work)) : 0;
                var child = options.Text("where", "both") != "here" ? await MeasureAsync("child", () => ChildAsync(work)) : 0;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"child / here: {child / here:F3}"));
            }

            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Build(string model, string folder, string recipe)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, recipe)).FullName, "model.onnx");
        ModelQuantizer.Quantize(model, path, new() { Recipe = recipe }, null, CancellationToken.None);
        return path;
    }

    private static async Task<double> MeasureAsync(string name, Func<Task> work)
    {
        var before = CpuSeconds();
        await work();
        var seconds = CpuSeconds() - before;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {seconds:F2} CPU s in all"));
        return seconds;
    }

    private static Task HereAsync(Work work)
    {
        for (var i = 0; i < work.Variants.Count; i++)
        {
            var options = Work.Options(i);
            if (i == 0)
            {
                Timed("  predict", () => Evaluation.Predict(work.Variants[0], work.Tokens, work.Predictions, options));
            }

            var judged = Timed("  judge", () => Evaluation.Judge(work.Variants[i], work.Predictions, work.Tokens, options));
            Timed("  answer", () =>
            {
                using var model = LanguageModel.Open(work.Variants[i], options.Model);
                return work.Prompts.Select(prompt => model.GenerateGreedy(prompt, NewTokens)).ToList();
            });
            Print(work.Variants[i], judged);
        }

        return Task.CompletedTask;
    }

    private static async Task ChildAsync(Work work)
    {
        for (var i = 0; i < work.Variants.Count; i++)
        {
            var options = Work.Options(i);
            var sandbox = await ModelSandbox.StartAsync(RunnerCommand.Find(), new(), TimeProvider.System, CancellationToken.None);
            await using (sandbox)
            {
                if (i == 0)
                {
                    await sandbox.PredictAsync(work.Variants[0], work.Tokens, work.Predictions, options, null, CancellationToken.None);
                }

                var judged = await sandbox.JudgeAsync(
                    work.Variants[i], work.Predictions, work.Tokens, options, null, CancellationToken.None);
                await sandbox.AnswerAsync(
                    work.Variants[i], options.Model, work.Prompts, [.. work.Prompts.Select(_ => NewTokens)], CancellationToken.None);
                Print(work.Variants[i], judged);
            }
        }
    }

    private static void Print(string variant, EvaluationResult judged) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {Path.GetFileName(Path.GetDirectoryName(variant))}: perplexity {judged.Perplexity:F6}, KL {judged.Kl:F8}, top-1 {judged.Top1Agreement:F6}, {judged.TokensPerSecond:F0} tokens/s, peak {judged.PeakBytes / 1e6:F1} MB"));

    private static T Timed<T>(string name, Func<T> work)
    {
        var before = CpuSeconds();
        var result = work();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {CpuSeconds() - before:F2} CPU s"));
        return result;
    }

    /// <summary>Of this process and of those it started that are gone. man 5 proc_pid_stat: fields 14 to 17, in hundredths.</summary>
    private static double CpuSeconds()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ').Skip(11).Take(4)
            .Sum(ticks => double.Parse(ticks, CultureInfo.InvariantCulture)) / 100;
    }

    private sealed record Work(IReadOnlyList<string> Variants, IReadOnlyList<int> Tokens, string Predictions)
    {
        internal IReadOnlyList<IReadOnlyList<int>> Prompts { get; } =
            [.. Enumerable.Range(0, ValidateCommand.Prompts).Select(i =>
                Tokens.Skip(i * Tokens.Count / ValidateCommand.Prompts).Take(PromptTokens).ToList())];

        internal static EvaluationOptions Options(int variant) =>
            new() { MeasureBaselineSpeed = false, CandidateIsBaseline = variant == 0 };
    }
}
