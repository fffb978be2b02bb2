using System.Globalization;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Quantizer;
using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Benchmarks;

/// <summary>
/// Every recipe on given models: do the outputs load and run, how far are they from the original, and do they compute the
/// same function as the original graph with the stored weights?
/// </summary>
internal static class TryCommand
{
    private static readonly QuantizationOptions[] Recipes =
    [
        new() { Recipe = "fp16" },
        new() { Recipe = "int8" },
        new() { Recipe = "int8-dynamic" },
        new() { Recipe = "int4" },
        new() { Recipe = "int4-mixed" },
        new() { Recipe = "auto" },
        new() { Recipe = "auto", ErrorBudget = 1e9 },
        new() { Recipe = "prune", Sparsity = 0.1 },
        new() { Recipe = "prune", TwoOfFour = true },
    ];

    internal static int Run(string[] arguments)
    {
        var options = new Arguments(arguments);
        var (failures, refused, unusable, runs) = (0, 0, 0, 0);
        foreach (var model in options.Rest.SelectMany(Models))
        {
            var inspected = ModelInspector.Inspect(model, new InspectionLimits(), CancellationToken.None);
            if (inspected.Facts is not { } facts)
            {
                refused++;
                Console.WriteLine($"{model}: refused, {string.Join(' ', inspected.Problems.Select(p => p.Message))}");
                continue;
            }

            Console.WriteLine(
                $"{model}: {facts.Architecture}, {facts.Parameters} parameters, opset "
                    + $"{string.Join(' ', facts.Opsets.Select(o => $"{o.Key}={o.Value}"))}"
            );
            if (Original(model, options) is not { } expected)
            {
                unusable++;
                continue;
            }

            runs += Recipes.Length;
            failures += Recipes.Count(recipe => !Try(model, recipe, expected, options));
        }

        Console.WriteLine(
            $"{runs} outputs, {failures} failures; {refused} models refused, {unusable} that ONNX Runtime does not run on random inputs");
        return failures == 0 ? 0 : 1;
    }

    private static IEnumerable<string> Models(string path) =>
        Directory.Exists(path) ? Directory.GetFiles(path, "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal) : [path];

    private static List<float[]>? Original(string model, Arguments options)
    {
        try
        {
            return RandomInputs.Run(model, options);
        }
        catch (Exception e) when (e is OnnxRuntimeException or InvalidOperationException)
        {
            Console.WriteLine($"  not run: {e.Message}");
            return null;
        }
    }

    private static bool Try(string model, QuantizationOptions recipe, List<float[]> expected, Arguments options)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var copy = Path.Combine(folder.FullName, "model.onnx");
            File.Copy(model, copy);
            var output = Path.Combine(folder.FullName, "out.onnx");
            var report = ModelQuantizer.Quantize(copy, output, recipe, null, CancellationToken.None);
            var actual = RandomInputs.Run(output, options);
            var changed = report.Tensors.Where(t => t.RelativeError is not null).ToList();
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {recipe.Recipe}: {changed.Count} of {report.Tensors.Count} weights, {report.Ratio:P0} of the bytes, outputs "
                        + $"differ by {Worst(expected, actual):G3}, from the stored weights in float by {Reference(copy, output, options)}"
                ));
            return actual.TrueForAll(values => values.All(v => float.IsFinite(v) || expected.Exists(e => !e.All(float.IsFinite))));
        }
        catch (Exception e)
            when (e is OnnxRuntimeException or ModelQuantizationException or InvalidOperationException or NullReferenceException)
        {
            Console.WriteLine($"  {recipe.Recipe}: FAILS, {e.Message}");
            return false;
        }
        finally
        {
            folder.Delete(true);
        }
    }

    // Without the rounding of inputs, which has its own test, the difference is that of two float runs.
    private static string Reference(string model, string output, Arguments options)
    {
        var written = ModelProto.Parser.ParseFrom(File.ReadAllBytes(output));
        var reference = new ReferenceModel(ModelProto.Parser.ParseFrom(File.ReadAllBytes(model)), written, Path.GetDirectoryName(output)!);
        foreach (
            var level in Scope
                .All(written)
                .SelectMany(s => s.Nodes)
                .Where(n => n.OpType == "MatMulNBits")
                .SelectMany(n => n.Attribute)
                .Where(a => a.Name == "accuracy_level"))
        {
            level.I = 0;
        }

        string Save(ModelProto proto, string name)
        {
            var path = Path.Combine(Path.GetDirectoryName(output)!, name);
            File.WriteAllBytes(path, proto.ToByteArray());
            return path;
        }

        var (expected, actual) = (
            RandomInputs.Run(Save(reference.Model, "reference.onnx"), options),
            RandomInputs.Run(Save(written, "exact.onnx"), options));
        return Worst(expected, actual).ToString("G3", CultureInfo.InvariantCulture);
    }

    private static double Worst(List<float[]> expected, List<float[]> actual) =>
        expected
            .Zip(actual, (e, a) => e.Length != a.Length ? double.PositiveInfinity : Comparison.Difference(e, a))
            .DefaultIfEmpty(0)
            .Max();
}
