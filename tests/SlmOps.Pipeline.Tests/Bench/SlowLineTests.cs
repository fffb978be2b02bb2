using System.Security.Cryptography;
using Azure.Storage.Blobs;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Tests.Bench;

/// <summary>The stages with storage far away: 50 ms and 100 MB/s a connection, as from one zone to another and worse.</summary>
[Collection(StageCollection.Name)]
public sealed class SlowLineTests(StageStorage storage)
{
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(50);
    private const long BytesPerSecond = 100_000_000;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Line_Bytes_ArriveAsTheyWereSent()
    {
        await using var line = Line();
        var container = new BlobServiceClient(Through(line)).GetBlobContainerClient("slow-line");
        await container.CreateIfNotExistsAsync(cancellationToken: Cancelled);
        var bytes = new byte[3_000_000];
        new Random(5).NextBytes(bytes);

        await container.GetBlobClient("b").UploadAsync(BinaryData.FromBytes(bytes), overwrite: true, Cancelled);
        var back = await container.GetBlobClient("b").DownloadContentAsync(Cancelled);

        Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(back.Value.Content.ToArray()));
        Assert.InRange(line.Connections, 1, 10);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task Run_WorkersBesideEachOther_PackageTheSameVariants(int workers)
    {
        await using var line = Line();
        await using var near = await StageBench.StartAsync(storage);
        var expected = await BuildAsync(near, $"near-{workers}", 1);
        await using var far = await StageBench.StartAsync(storage, settings: (StorageClients.Connection, Through(line)));

        var built = await BuildAsync(far, $"far-{workers}", workers);

        Assert.Equal(expected, built);
        Assert.InRange(line.Connections, 1, int.MaxValue);
    }

    private SlowLine Line() => new(storage.Endpoints.Blob, RoundTrip, BytesPerSecond);

    private string Through(SlowLine line) =>
        storage.Endpoints.ConnectionStringWithBlob(new UriBuilder(storage.Endpoints.Blob) { Port = line.Port }.Uri);

    /// <summary>From the upload to the package: digests of what was built for each variant, and whether it was packaged.</summary>
    private static async Task<IReadOnlyList<(string Variant, Digest Digest, bool IsPackaged)>> BuildAsync(
        StageBench bench, string name, int workers)
    {
        var run = await bench.ArriveAsync("intake", Models.Mlp(name, "1", 77, "int8", "int4"));
        foreach (var stage in (string[])["intake", "quantize", "validate", "package"])
        {
            await Parallel.ForEachAsync(
                await bench.TakeAsync(stage),
                new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = Cancelled },
                async (message, _) => await bench.RunAsync(stage, message));
        }

        var packaged = await bench.ResultAsync<PackageResult>(run, PackageResult.Row);
        Assert.NotEmpty(packaged.Variants);
        return [.. (await bench.Runs.ListAsync<QuantizeResult>(run, QuantizeResult.Prefix, Cancelled)).Select(
            result => (result.Variant, result.Digest, packaged.Variants.Any(offer => offer.Name == result.Variant)))];
    }
}
