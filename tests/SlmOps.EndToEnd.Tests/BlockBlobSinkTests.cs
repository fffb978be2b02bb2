using System.Security.Cryptography;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Storage;

namespace SlmOps.EndToEnd.Tests;

/// <summary>The quantizer's way into storage, against Azurite.</summary>
public sealed class BlockBlobSinkTests(SharedPlatform shared)
{
    // Two blocks and a bit.
    private static readonly byte[] Content = [.. Enumerable.Range(0, (9 << 20) + 17).Select(i => (byte)(i * 31 >> 3))];

    private static readonly string Hex = Convert.ToHexStringLower(SHA256.HashData(Content));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StoreAsync_FinishedModel_LiesUnderItsDigestAndNowhereElse()
    {
        var container = await ContainerAsync();

        // Twice: a stage that is repeated finds its bytes there.
        for (var run = 0; run < 2; run++)
        {
            using var sink = NewSink(container);
            await WriteAsync(sink, "model.onnx.data");
            sink.Complete([new("model.onnx.data", Content.Length, Hex)]);
            var stored = Assert.Single(await sink.StoreAsync(Cancelled));
            Assert.Equal(
                ("model.onnx.data", $"sha256:{Hex}", (long)Content.Length),
                (stored.Path, stored.Digest.ToString(), stored.Size));
        }

        Assert.Equal([$"blobs/sha256/{Hex}"], await NamesAsync(container));
        var bytes = await container.GetBlobClient($"blobs/sha256/{Hex}").DownloadContentAsync(Cancelled);
        Assert.Equal(Content, bytes.Value.Content.ToArray());
    }

    [Fact]
    public async Task Dispose_ModelThatFailed_LeavesNothing()
    {
        var container = await ContainerAsync();
        using (var sink = NewSink(container))
        {
            await WriteAsync(sink, "model.onnx.data");
        }

        Assert.Empty(await NamesAsync(container));
    }

    private static async Task WriteAsync(BlockBlobSink sink, string name)
    {
        await using var stream = sink.Create(name);
        await stream.WriteAsync(Content, Cancelled);
    }

    private BlockBlobSink NewSink(BlobContainerClient container) =>
        new(container, new BlobLinks(shared.Platform.Blobs, TimeProvider.System));

    private async Task<BlobContainerClient> ContainerAsync()
    {
        var container = shared.Platform.Blobs.GetBlobContainerClient($"sink-{Guid.NewGuid():N}");
        await container.CreateAsync(cancellationToken: Cancelled);
        return container;
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(BlobContainerClient container) =>
        [
            .. await container
                .GetBlobsAsync(BlobTraits.None, BlobStates.All, prefix: null, cancellationToken: Cancelled)
                .Select(blob => blob.Name)
                .ToListAsync(Cancelled),
        ];
}
