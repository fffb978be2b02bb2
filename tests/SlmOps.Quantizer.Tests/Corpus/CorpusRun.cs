using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>A set of options over the corpus. With a share, the size budget lies that far between the smallest form and the original.</summary>
internal sealed record CorpusRecipe(string Name, QuantizationOptions Options, double? SizeShare = null);

/// <summary>
/// Quantizes one awkward model by one recipe and says what is wrong with the result, or null. Three things are checked
/// apart, so that no bound has to guess how a random graph amplifies rounding: the stored weights against plain rounding in
/// float64, each quantized node alone against float64, and the whole output against the original graph with the stored
/// weights in float.
/// </summary>
internal static class CorpusRun
{
    // Two runs of one function that add in other orders, in float32 and in float16; the largest seen are 8e-7 and 6e-4.
    private const double SameFunction = 1e-5;
    private const double SameFunctionHalf = 3e-3;

    // An input between two of 256 levels may go either way, and takes what follows along; then another input tells.
    private const int Inputs = 3;
    private const double SameLevelsHalf = 2e-2;

    internal static readonly CorpusRecipe[] Recipes =
    [
        new("fp16", new() { Recipe = "fp16" }),
        new("int8", new() { Recipe = "int8" }),
        new("int8-dynamic", new() { Recipe = "int8-dynamic" }),
        new("int8-dynamic, reduced range, embeddings", new() { Recipe = "int8-dynamic", ReduceRange = true, Embeddings = true }),
        new("int4", new() { Recipe = "int4" }),
        new(
            "int4, plain, symmetric, blocks of 16, embeddings",
            new()
            {
                Recipe = "int4",
                Search = false,
                Symmetric = true,
                BlockSize = 16,
                Embeddings = true,
            }
        ),
        new(
            "int4, asymmetric, blocks of 128, no feedback",
            new()
            {
                Recipe = "int4",
                BlockSize = 128,
                Symmetric = false,
                Feedback = false,
            }
        ),
        new("int4-mixed", new() { Recipe = "int4-mixed" }),
        new("prune 10 %", new() { Recipe = "prune", Sparsity = 0.1 }),
        new("prune 2 of 4", new() { Recipe = "prune", TwoOfFour = true }),
        new("auto", new() { Recipe = "auto" }),
        new("auto, error 0.0001", new() { Recipe = "auto", ErrorBudget = 0.0001 }),
        new("auto, the smallest size there is", new() { Recipe = "auto" }, 0),
        new("auto, a third of the way to the original", new() { Recipe = "auto" }, 0.33),
    ];

    internal static string? Check(int seed, CorpusRecipe recipe)
    {
        var folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var model = new AwkwardModel(seed);
            var original = model.Builder.Save(folder, model.Files);
            var about = $"seed {seed}, {recipe.Name}, opset {model.Builder.Opset}, {string.Join(", ", model.Features)}";
            try
            {
                Comparison.Run(model, original, seed);
            }
            catch (OnnxRuntimeException e)
            {
                return $"{about}: the corpus itself is invalid: {e.Message}";
            }

            try
            {
                return Fault(model, original, Path.Combine(folder, "out.onnx"), recipe, seed) is { } fault ? $"{about}: {fault}" : null;
            }
            catch (Exception e)
                when (e is OnnxRuntimeException or ModelQuantizationException or InvalidOperationException or ArgumentException)
            {
                return $"{about}: {e.Message}";
            }
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, true);
            }
        }
    }

    private static string? Fault(AwkwardModel model, string original, string output, CorpusRecipe recipe, int seed)
    {
        var options = recipe.Options;
        if (recipe.SizeShare is { } share)
        {
            options = options with { SizeBudget = AutoBudget.Between(original, output, share) };
        }

        var report = ModelQuantizer.Quantize(original, output, options, null, CancellationToken.None);
        if (AutoBudget.Fault(report, options) is { } overspent)
        {
            return overspent;
        }

        var (shape, values) = Comparison.Run(model, output, seed);
        if (!values.All(float.IsFinite))
        {
            return "the output holds values that are not finite";
        }

        var written = ModelProto.Parser.ParseFrom(File.ReadAllBytes(output));
        var reference = new ReferenceModel(
            ModelProto.Parser.ParseFrom(File.ReadAllBytes(original)),
            written,
            Path.GetDirectoryName(output)!);
        var random = new Random(seed);
        foreach (var (core, weight) in reference.Cores)
        {
            if ((WeightCheck.Fault(core, weight, options, report) ?? CoreCheck.Fault(core, random)) is { } fault)
            {
                return fault;
            }
        }

        foreach (var stored in reference.Stored)
        {
            if (StoredFault(stored.Before, stored.After, stored.Half) is { } fault)
            {
                return $"{stored.Name}: {fault}";
            }
        }

        var expected = Save(reference.Model, original, "reference.onnx");
        var exact = Save(WithoutInputRounding(written), output, "exact.onnx");
        var wanted = Comparison.Run(model, expected, seed);
        var dynamic = reference.Cores.Exists(c => c.Core.IsDynamic);
        var allowed =
            !reference.IsHalf ? SameFunction
            : dynamic ? SameLevelsHalf
            : SameFunctionHalf;
        var difference = Enumerable
            .Range(seed, dynamic ? Inputs : 1)
            .Select(input =>
                Comparison.Difference(Comparison.Run(model, expected, input).Values, Comparison.Run(model, exact, input).Values))
            .Min();
        return wanted.Shape != shape ? $"shape {shape} instead of {wanted.Shape}"
            : difference <= allowed ? null
            : $"differs by {difference:G3} from the original graph with the stored weights";
    }

    // Half rounds to nearest; pruning keeps a value or makes it zero.
    private static string? StoredFault(float[] before, float[] after, bool half)
    {
        for (var i = 0; i < before.Length; i++)
        {
            if (half ? after[i] != (float)(Half)before[i] : after[i] != before[i] && after[i] != 0)
            {
                return $"element {i} is {after[i]} after {before[i]}";
            }
        }

        return null;
    }

    private static ModelProto WithoutInputRounding(ModelProto output)
    {
        var exact = output.Clone();
        foreach (
            var attribute in Scope
                .All(exact)
                .SelectMany(s => s.Nodes)
                .Where(n => n.OpType == "MatMulNBits")
                .SelectMany(n => n.Attribute)
                .Where(a => a.Name == "accuracy_level"))
        {
            attribute.I = 0;
        }

        return exact;
    }

    private static string Save(ModelProto model, string beside, string name)
    {
        var path = Path.Combine(Path.GetDirectoryName(beside)!, name);
        File.WriteAllBytes(path, model.ToByteArray());
        return path;
    }
}
