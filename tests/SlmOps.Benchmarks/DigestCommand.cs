using System.Globalization;
using SlmOps.Quantizer;
using SlmOps.Quantizer.Tests.Corpus;

namespace SlmOps.Benchmarks;

/// <summary>
/// Digests of what every recipe makes of given models and of generated graphs, one line for each output. Two versions of
/// the quantizer that print the same lines write the same bytes.
/// </summary>
internal static class DigestCommand
{
    private static readonly (string Name, QuantizationOptions Options)[] More =
    [
        ("int8, blocks of 128, symmetric", new() { Recipe = "int8", BlockSize = 128, Symmetric = true }),
        ("int8, plain, no embeddings", new() { Recipe = "int8", Search = false, Embeddings = false }),
        ("int8, pruned", new() { Recipe = "int8", Sparsity = 0.3 }),
        ("int8-dynamic, signed", new() { Recipe = "int8-dynamic", SignedWeights = true }),
        ("int8-dynamic, 2 of 4", new() { Recipe = "int8-dynamic", TwoOfFour = true }),
        (
            "int8-dynamic, embeddings in blocks of 64",
            new()
            {
                Recipe = "int8-dynamic",
                Embeddings = true,
                BlockSize = 64,
                Symmetric = true,
                Search = false,
            }
        ),
        ("int4, feedback", new() { Recipe = "int4", Feedback = true }),
        ("int4, no feedback, embeddings", new() { Recipe = "int4", Feedback = false, Embeddings = true }),
        ("int4, pruned", new() { Recipe = "int4", Sparsity = 0.2 }),
        ("int4, 2 of 4, symmetric", new() { Recipe = "int4", TwoOfFour = true, Symmetric = true }),
        ("int4, names", new() { Recipe = "int4", Include = ["*e*", "*1*"], Exclude = ["*2*", "*down*"], KeepFloat = ["lm_head", "w1"] }),
        ("int4, blocks of 256, one thread", new() { Recipe = "int4", BlockSize = 256, Threads = 1 }),
        ("int4-mixed, promote", new() { Recipe = "int4-mixed", Promote = ["*e*"] }),
        (
            "int4-mixed, plain, no embeddings, blocks of 64",
            new()
            {
                Recipe = "int4-mixed",
                Search = false,
                Embeddings = false,
                BlockSize = 64,
            }
        ),
        (
            "auto, blocks of 32, asymmetric, pruned",
            new()
            {
                Recipe = "auto",
                BlockSize = 32,
                Symmetric = false,
                Sparsity = 0.1,
            }
        ),
        (
            "auto, plain, no embeddings, names",
            new()
            {
                Recipe = "auto",
                Search = false,
                Embeddings = false,
                Exclude = ["*2*"],
            }
        ),
        (
            "auto, no feedback, error 0.02",
            new()
            {
                Recipe = "auto",
                Feedback = false,
                ErrorBudget = 0.02,
            }
        ),
        ("fp16, names", new() { Recipe = "fp16", Exclude = ["*e*"] }),
        ("prune 60 %, names", new() { Recipe = "prune", Sparsity = 0.6, Include = ["*e*"] }),
    ];

    internal static int Run(string[] arguments)
    {
        var options = new Arguments(arguments);
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            foreach (var model in options.Rest)
            {
                All(Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(model)))!, model, folder.FullName);
            }

            for (var seed = 1; seed <= options.Number("seeds", 0); seed++)
            {
                var graph = new AwkwardModel(seed);
                var source = Path.Combine(folder.FullName, "source");
                All($"seed {seed}", graph.Builder.Save(source, graph.Files), folder.FullName);
                Directory.Delete(source, recursive: true);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return 0;
    }

    private static void All(string name, string model, string folder)
    {
        var recipes = CorpusRun
            .Recipes.Where(recipe => recipe.SizeShare is null)
            .Select(recipe => (recipe.Name, recipe.Options))
            .Concat(More);
        foreach (var (recipe, options) in recipes)
        {
            Console.WriteLine($"{name}; {recipe}; {Digest(model, Path.Combine(folder, "out.onnx"), options, out var report)}");
            if (recipe == "auto" && report is not null)
            {
                var budget = report.Tensors.Sum(tensor => tensor.BytesAfter) * 11 / 10;
                Console.WriteLine(
                    $"{name}; auto, {budget} bytes; {Digest(model, Path.Combine(folder, "out.onnx"), options with { SizeBudget = budget }, out _)}"
                );
            }
        }
    }

    private static string Digest(string model, string output, QuantizationOptions options, out QuantizationReport? report)
    {
        try
        {
            report = ModelQuantizer.Quantize(model, output, options, null, CancellationToken.None);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{string.Join(' ', report.Files.Select(file => file.Sha256[..20]))} {report.MinimumOrt} {report.Tensors.Count}");
        }
        catch (ModelQuantizationException refused)
        {
            report = null;
            return string.Join(' ', refused.Problems.Select(problem => problem.Code));
        }
    }
}
