using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using SlmOps.Contracts;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Sharding;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;

namespace SlmOps.Benchmarks;

/// <summary>
/// Shards, packs and verifies a model folder and compares both with plain SHA-256 of the same bytes: `pack &lt;folder with
/// model.onnx&gt; [--rounds 3] [--durable]`.
/// </summary>
internal static class PackCommand
{
    internal static readonly VariantDescription Description = new()
    {
        Model = "bench",
        Version = "1.0.0",
        Variant = "int8",
        Recipe = "int8",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Needs = new(1, "1.22.0", []),
        Figures = new(null, null, null, null, null, null, null, null),
        Source = Digest.Of("bench"u8),
    };

    internal static async Task<int> RunAsync(string[] arguments)
    {
        var options = new Arguments(arguments);
        var work = Directory.CreateTempSubdirectory("slmops-bench-").FullName;
        try
        {
            var folder = options.Rest[0];
            for (var round = 0; round < options.Number("rounds", 3); round++)
            {
                await RoundAsync(folder, Path.Combine(work, $"store{round}"), options.Has("durable"));
            }

            return 0;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    internal static string Peak() => string.Create(
        CultureInfo.InvariantCulture, $"peak {Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0:F0} MiB");

    private static async Task RoundAsync(string folder, string root, bool durable)
    {
        using var key = LocalSigningKey.CreateInMemory();
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        var megabytes = files.Sum(file => new FileInfo(file).Length) / 1e6;
        var hash = Time(() => Array.ForEach(files, Hash));
        var store = new FolderBlobStore(root) { IsDurable = durable };
        var watch = Stopwatch.StartNew();
        var variant = await WeightSharder.ReadAsync(folder, "model.onnx", CancellationToken.None);
        var offer = await VariantPackager.PackAsync(variant.Files, Description, store, CancellationToken.None);
        var pack = watch.Elapsed;
        var release = await ReleasePackager.WriteAsync(
            "bench",
            "1.0.0",
            DateTimeOffset.UnixEpoch,
            [offer],
            store,
            key,
            CancellationToken.None);
        watch.Restart();
        var verdict = await PackageVerifier.VerifyAsync(release, store, key.PublicKey, CancellationToken.None);
        var verify = watch.Elapsed;
        Directory.Delete(root, recursive: true);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{megabytes:F0} MB: SHA-256 {megabytes / hash.TotalSeconds:F0} MB/s, pack{(durable ? " and flush" : "")} "
                    + $"{hash / pack:P0} of it, verify ({verdict.IsAccepted}) {hash / verify:P0}, {Peak()}"
            ));
    }

    private static void Hash(string path)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = File.OpenRead(path);
        var buffer = new byte[1 << 20];
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
        }
    }

    private static TimeSpan Time(Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed;
    }
}
