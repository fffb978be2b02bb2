using System.Diagnostics;
using SlmOps.Quantizer;

namespace SlmOps.Benchmarks;

/// <summary>Quantizes one model in this process and prints time and peak memory of it.</summary>
internal static class QuantizeCommand
{
    internal static int Run(string[] arguments)
    {
        var options = new Arguments(arguments);
        var report = ModelQuantizer.Quantize(
            options.Rest[0], options.Rest[1], options.Quantization(options.Text("recipe", "int4")), null, CancellationToken.None);
        var process = Process.GetCurrentProcess();
        var changed = report.Tensors.Where(t => t.RelativeError is not null).ToList();
        Console.WriteLine(
            string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{report.Recipe}: {report.InputBytes / 1e6:F1} -> {report.OutputBytes / 1e6:F1} MB, {changed.Count} weights, mean "
                    + $"relative error {changed.Average(t => t.RelativeError):F6}, cpu {process.TotalProcessorTime.TotalSeconds:F2} s, "
                    + $"peak {process.PeakWorkingSet64 / 1048576.0:F0} MiB"
            ));
        if (options.Has("tensors"))
        {
            foreach (var t in report.Tensors)
            {
                Console.WriteLine(
                    $"{t.Name} {t.Op} {t.Scheme} {t.Bits} {t.BlockSize} {t.RelativeError:E3} {t.BytesBefore} {t.BytesAfter} {t.Reason}");
            }
        }

        return 0;
    }
}
