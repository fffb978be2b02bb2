namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>Quantizes one awkward model by one recipe and says what is wrong with the result, or null.</summary>
internal static class CorpusRun
{
    internal static readonly (QuantizationOptions Options, double Bound)[] Recipes =
    [
        (new() { Recipe = "fp16" }, 0.01),
        (new() { Recipe = "int8" }, 0.15),
        (new() { Recipe = "int8-dynamic" }, 0.15),
        (new() { Recipe = "int8-dynamic", ReduceRange = true, Embeddings = true }, 0.2),
        (new() { Recipe = "int4" }, 0.4),
        (new() { Recipe = "int4", Search = false, Symmetric = true, BlockSize = 16, Embeddings = true }, 0.45),
        (new() { Recipe = "int4", BlockSize = 128, Symmetric = false }, 0.65),
        (new() { Recipe = "int4-mixed" }, 0.4),
        (new() { Recipe = "prune", Sparsity = 0.1 }, 0.3),
        (new() { Recipe = "prune", TwoOfFour = true }, 2),
    ];

    // Some random graphs cancel almost everything and amplify any rounding; what int8 loses there tells how much.
    private const double ConditionFactor = 30;

    internal static string? Check(int seed, QuantizationOptions options, double bound)
    {
        var folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var model = new AwkwardModel(seed);
            var original = model.Builder.Save(folder, model.Files);
            var about = $"seed {seed}, {options.Recipe}, opset {model.Builder.Opset}, {string.Join(", ", model.Features)}";
            try
            {
                Comparison.Run(model, original, seed);
            }
            catch (Microsoft.ML.OnnxRuntime.OnnxRuntimeException e)
            {
                return $"{about}: the corpus itself is invalid: {e.Message}";
            }

            try
            {
                var output = Path.Combine(folder, "out.onnx");
                ModelQuantizer.Quantize(original, output, options, null, CancellationToken.None);
                var difference = Comparison.Difference(model, original, output, seed);
                if (difference > bound && options.Recipe != "int8")
                {
                    ModelQuantizer.Quantize(original, output, Recipes[1].Options, null, CancellationToken.None);
                    bound = Math.Max(bound, ConditionFactor * Comparison.Difference(model, original, output, seed));
                }

                return difference <= bound ? null : $"{about}: difference {difference:F3} is above {bound}";
            }
            catch (Exception e) when (e is Microsoft.ML.OnnxRuntime.OnnxRuntimeException or ModelQuantizationException or InvalidOperationException or ArgumentException)
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
}
