using System.Globalization;
using SlmOps.Inference;
using SlmOps.Quantizer;

namespace SlmOps.Benchmarks;

/// <summary>Quantizes a language model in several ways and compares each with the original on a text.</summary>
internal static class QualityCommand
{
    internal static int Run(string[] arguments)
    {
        var options = new Arguments(arguments);
        var folder = options.Text("model", "infra/samples/pydocs-slm");
        var model = Path.Combine(folder, "model.onnx");
        var tokens = Tokenizer
            .Load(Path.Combine(folder, "tokenizer.json"))
            .Encode(File.ReadAllText(options.Text("text", Path.Combine(folder, "eval.txt"))));
        Console.WriteLine("variant | perplexity | change | mean KL | top-1 | weights MB | prefill x | weight error");
        foreach (var variant in QualityVariants.Select(options))
        {
            Print(variant.Name, model, tokens, variant.Options);
        }

        return 0;
    }

    private static void Print(string name, string model, IReadOnlyList<int> tokens, QuantizationOptions options)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var output = Path.Combine(folder.FullName, "model.onnx");
            var report = ModelQuantizer.Quantize(model, output, options, null, CancellationToken.None);
            var result = Evaluation.Compare(model, output, tokens, new EvaluationOptions { SpeedRepeats = 40 });
            var weights = new FileInfo(output + ".data").Length;
            var changed = report.Tensors.Where(t => t.RelativeError is not null).ToList();
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name} | {result.Perplexity:F3} (from {result.BaselinePerplexity:F3}) | {result.PerplexityChange:P2} | "
                        + $"{result.Kl:F5} | {result.Top1Agreement:F3} | {weights / 1e6:F3} | "
                        + $"{result.PrefillTokensPerSecond / result.BaselinePrefillTokensPerSecond:F2} | "
                        + $"{changed.Average(t => t.RelativeError):F6}"
                ));
        }
        finally
        {
            folder.Delete(true);
        }
    }
}
