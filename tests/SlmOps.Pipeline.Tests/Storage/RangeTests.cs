using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using SlmOps.Contracts;
using SlmOps.Packaging.Sharding;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Tests.Bench;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Tests.Storage;

/// <summary>Reading and copying by ranges, against Azurite.</summary>
[Collection(StageCollection.Name)]
public sealed class RangeTests(StageStorage storage)
{
    private static readonly byte[] Content = Bytes(3, (21 << 20) + 77);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private BlobServiceClient Blobs => new(storage.ConnectionString);

    [Fact]
    public async Task Read_AnyPlaces_GivesTheirBytesWithinTheBound()
    {
        var (container, blob) = await UploadAsync();
        using var source = Source(blob, maxBlocks: 6);
        var random = new Random(1);
        for (var trial = 0; trial < 60; trial++)
        {
            var offset = random.Next(Content.Length);
            var into = new byte[random.Next(Math.Min(9 << 20, Content.Length - offset))];

            source.Read("model", offset, into);

            Assert.True(into.AsSpan().SequenceEqual(Content.AsSpan(offset, into.Length)), $"{offset}, {into.Length}");
        }

        await container.DeleteAsync(cancellationToken: Cancelled);
    }

    [Fact]
    public async Task Read_FromFrontToBackTwice_AsksForEachByteOnceWhereThereIsRoom()
    {
        var (container, blob) = await UploadAsync();
        using var source = Source(blob, maxBlocks: 40);
        var into = new byte[1 << 20];
        for (var round = 0; round < 2; round++)
        {
            for (var at = 0; at + into.Length <= Content.Length; at += into.Length)
            {
                source.Read("model", at, into);
            }
        }

        Assert.Equal(Content.Length, source.Fetched);
        await container.DeleteAsync(cancellationToken: Cancelled);
    }

    // 1000 rows of 20,000 bytes: in blocks where they have room, else in bands of several strips.
    [Theory]
    [InlineData(40)]
    [InlineData(6)]
    public async Task ReadRows_StripAfterStrip_GivesTheirBytes(int maxBlocks)
    {
        const int Rows = 1000;
        const int Stride = 20_000;
        var (container, blob) = await UploadAsync();
        using var source = Source(blob, maxBlocks);
        var into = new byte[Rows * 1600];
        for (var first = 0; first < Stride; first += 1600)
        {
            var stretch = Math.Min(1600, Stride - first);
            source.ReadRows("model", 100 + first, stretch, Stride, into.AsSpan(0, Rows * stretch));
            for (var row = 0; row < Rows; row++)
            {
                Assert.True(
                    into.AsSpan(row * stretch, stretch).SequenceEqual(Content.AsSpan(100 + first + (row * Stride), stretch)),
                    $"{first}, {row}");
            }
        }

        Assert.InRange(source.Fetched, Rows * Stride, 1.3 * Rows * Stride);
        await container.DeleteAsync(cancellationToken: Cancelled);
    }

    [Fact]
    public async Task Read_BlobThatIsOverwrittenMeanwhile_SaysSo()
    {
        var (container, blob) = await UploadAsync();
        using var source = Source(blob, maxBlocks: 6);
        source.Read("model", 0, new byte[10]);
        await blob.Client.UploadAsync(BinaryData.FromBytes(Content), overwrite: true, Cancelled);

        var changed = Assert.Throws<BlobChangedException>(() => source.Read("model", 16 << 20, new byte[10]));

        Assert.False(changed.IsDeleted);
        Assert.Contains($"{container.Name}/{blob.Client.Name} was overwritten", changed.Message, StringComparison.Ordinal);
        await container.DeleteAsync(cancellationToken: Cancelled);
    }

    [Fact]
    public async Task Read_BlobThatIsDeletedMeanwhile_SaysSo()
    {
        var (container, blob) = await UploadAsync();
        using var source = Source(blob, maxBlocks: 6);
        await blob.Client.DeleteAsync(cancellationToken: Cancelled);

        Assert.True(Assert.Throws<BlobChangedException>(() => source.Read("model", 0, new byte[10])).IsDeleted);
        await container.DeleteAsync(cancellationToken: Cancelled);
    }

    [Fact]
    public async Task Assemble_PiecesOfTwoBlobs_IsTheShardAndNothingIsSentAgain()
    {
        var (container, blob) = await UploadAsync();
        var second = await PinAsync(container, "second", Content.AsSpan(0, 1 << 20).ToArray());
        var shard = new WeightShard("weights/L00.bin",
        [
            new("one", 4096, 0, 9 << 20),
            new("two", 17, (9 << 20) + 65_536, 1000),
            new("one", 1, (9 << 20) + 131_072, 300_000),
            new("two", 0, 10 << 20, 1 << 20),
        ]);
        var expected = Expected(shard, Content);
        var copy = new ServerCopy(container, new BlobLinks(Blobs, TimeProvider.System));

        await copy.AssembleAsync(shard, file => file == "one" ? blob : second, Digest.Of(expected), Cancelled);
        var made = container.GetBlobClient(ContainerBlobStore.NameOf(Digest.Of(expected)));
        var etag = (await made.GetPropertiesAsync(cancellationToken: Cancelled)).Value.ETag;
        await copy.AssembleAsync(shard, _ => throw new InvalidOperationException("It is there."), Digest.Of(expected), Cancelled);

        Assert.Equal(expected, (await made.DownloadContentAsync(Cancelled)).Value.Content.ToArray());
        Assert.Equal(etag, (await made.GetPropertiesAsync(cancellationToken: Cancelled)).Value.ETag);
        await container.DeleteAsync(cancellationToken: Cancelled);
    }

    // Blocks that a dead host left make Copy Blob answer as if the blob were there.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Copy_WholeBlob_IsTheSameUnderItsDigest(bool blocksLieThere)
    {
        var (container, blob) = await UploadAsync();
        var digest = Digest.Of(Content);
        if (blocksLieThere)
        {
            using var block = new MemoryStream([1, 2, 3]);
            await container.GetBlockBlobClient(ContainerBlobStore.NameOf(digest))
                .StageBlockAsync(ContainerBlobStore.BlockId(0), block, cancellationToken: Cancelled);
        }

        await new ServerCopy(container, new BlobLinks(Blobs, TimeProvider.System)).CopyAsync(blob, digest, Cancelled);

        var copied = await container.GetBlobClient(ContainerBlobStore.NameOf(digest)).DownloadContentAsync(Cancelled);
        Assert.True(copied.Value.Content.ToMemory().Span.SequenceEqual(Content));
        await container.DeleteAsync(cancellationToken: Cancelled);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CopyAndAssemble_SourceThatChanged_SayItAndNothingAppears(bool isDeleted)
    {
        var (container, blob) = await UploadAsync();
        if (isDeleted)
        {
            await blob.Client.DeleteAsync(cancellationToken: Cancelled);
        }
        else
        {
            await blob.Client.UploadAsync(BinaryData.FromBytes([1, 2, 3, 4]), overwrite: true, Cancelled);
        }

        var copy = new ServerCopy(container, new BlobLinks(Blobs, TimeProvider.System));
        var shard = new WeightShard("s", [new("one", 0, 0, 1 << 20)]);

        Assert.Equal(
            isDeleted, (await Assert.ThrowsAsync<BlobChangedException>(() => copy.CopyAsync(blob, Digest.Of([1]), Cancelled))).IsDeleted);
        Assert.Equal(
            isDeleted,
            (await Assert.ThrowsAsync<BlobChangedException>(() => copy.AssembleAsync(shard, _ => blob, Digest.Of([2]), Cancelled)))
                .IsDeleted);
        Assert.False(await container.GetBlobClient(ContainerBlobStore.NameOf(Digest.Of([1]))).ExistsAsync(Cancelled));
        Assert.False(await container.GetBlobClient(ContainerBlobStore.NameOf(Digest.Of([2]))).ExistsAsync(Cancelled));
        await container.DeleteAsync(cancellationToken: Cancelled);
    }

    private static BlobSource Source(PinnedBlob blob, int maxBlocks) =>
        new(new Dictionary<string, PinnedBlob> { ["model"] = blob }, Cancelled) { MaxBlocks = maxBlocks, BandBytes = 5 << 20 };

    private static byte[] Expected(WeightShard shard, byte[] bytes)
    {
        var content = new byte[shard.Size];
        foreach (var piece in shard.Pieces)
        {
            bytes.AsSpan((int)piece.Offset, (int)piece.Length).CopyTo(content.AsSpan((int)piece.At));
        }

        return content;
    }

    private static byte[] Bytes(int seed, int count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private async Task<(BlobContainerClient Container, PinnedBlob Blob)> UploadAsync()
    {
        var container = Blobs.GetBlobContainerClient($"ranges-{Guid.NewGuid():N}");
        await container.CreateAsync(cancellationToken: Cancelled);
        return (container, await PinAsync(container, "one", Content));
    }

    private static async Task<PinnedBlob> PinAsync(BlobContainerClient container, string name, byte[] bytes)
    {
        var client = container.GetBlobClient(name);
        await client.UploadAsync(BinaryData.FromBytes(bytes), Cancelled);
        return await PinnedBlob.FindAsync(client, Cancelled);
    }
}
