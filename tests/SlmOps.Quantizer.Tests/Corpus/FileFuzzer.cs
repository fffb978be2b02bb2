using System.Diagnostics;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>Mutates model files and checks that inspection and quantization answer: no crash, no hang, no large allocation.</summary>
internal sealed class FileFuzzer(string folder, IReadOnlyList<byte[]> seeds, int seed)
{
    internal const long MaxAllocation = 64L << 20;
    private const double MaxSeconds = 1;

    /// <summary>A warm-up for code that is compiled on first use, so that its time is not counted.</summary>
    internal void WarmUp()
    {
        foreach (var bytes in seeds)
        {
            Try(bytes);
        }
    }

    internal int Valid { get; private set; }

    internal double SlowestSeconds { get; private set; }

    internal long LargestAllocation { get; private set; }

    internal IEnumerable<string> Run(int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            var random = new Random(HashCode.Combine(seed, i));
            var bytes = Mutate(seeds[i % seeds.Count], random);
            if (Try(bytes) is { } failure)
            {
                yield return $"mutation {i}: {failure}";
            }
        }
    }

    private string? Try(byte[] bytes)
    {
        var path = Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(path, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        try
        {
            var result = ModelInspector.Inspect(path, new InspectionLimits(), CancellationToken.None);
            if ((result.Facts is null) == (result.Problems.Count == 0))
            {
                return "a result needs either facts or problems";
            }

            if (result.Facts is not null)
            {
                Valid++;
                Quantize(path);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return $"{e.GetType().Name}: {e.Message} {e.StackTrace?.Split('\n').FirstOrDefault()}";
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before - bytes.Length;
        SlowestSeconds = Math.Max(SlowestSeconds, seconds);
        LargestAllocation = Math.Max(LargestAllocation, allocated);
        return allocated > MaxAllocation ? $"{allocated} bytes were allocated"
            : seconds > MaxSeconds * 5 ? $"it took {seconds:F1} s"
            : null;
    }

    private void Quantize(string path)
    {
        try
        {
            ModelQuantizer.Quantize(
                path,
                Path.Combine(folder, "out.onnx"),
                new QuantizationOptions
                {
                    Recipe = "int4",
                    Search = false,
                    Threads = 1,
                },
                null,
                CancellationToken.None);
        }
        catch (ModelQuantizationException)
        {
        }
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = new List<byte>(original);
        for (var turn = 1 + random.Next(4); turn > 0; turn--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at - 1, random.Next(32)));
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    bytes.Add(0);
                    break;
                case 4:
                    bytes.InsertRange(at, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]);
                    break;
                case 5:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(200))));
                    break;
                case 6:
                    bytes[at] = (byte)(random.Next(32) << 3 | random.Next(8));
                    break;
                default:
                    bytes[at] = (byte)(bytes[at] + (random.Next(2) * 2) - 1);
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Files to start from: awkward graphs, small ones so that changes hit the graph.</summary>
    internal static List<byte[]> Seeds(string folder, int count)
    {
        var seeds = new List<byte[]>();
        for (var i = 0; seeds.Count < count; i++)
        {
            var model = new AwkwardModel(1000 + i);
            seeds.Add(File.ReadAllBytes(model.Builder.Save(folder, model.Files)));
        }

        return seeds;
    }
}
