using SlmOps.Quantizer.Tests.Corpus;

namespace SlmOps.Benchmarks;

/// <summary>Many mutated files: none may crash, hang or allocate without bound.</summary>
internal static class FuzzCommand
{
    internal static int Run(string[] arguments)
    {
        var options = new Arguments(arguments);
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var fuzzer = new FileFuzzer(
                folder.FullName,
                FileFuzzer.Seeds(folder.FullName, options.Number("seeds", 60)),
                options.Number("seed", 1));
            fuzzer.WarmUp();
            var failures = 0;
            var count = options.Number("count", 50_000);
            foreach (var failure in fuzzer.Run(0, count))
            {
                failures++;
                Console.WriteLine(failure);
            }

            Console.WriteLine(
                $"{count} mutated files, {failures} failures, {fuzzer.Valid} still valid and quantized, slowest "
                    + $"{fuzzer.SlowestSeconds:F2} s, largest allocation {fuzzer.LargestAllocation / 1048576.0:F1} MiB"
            );
            return failures == 0 ? 0 : 1;
        }
        finally
        {
            folder.Delete(true);
        }
    }
}
