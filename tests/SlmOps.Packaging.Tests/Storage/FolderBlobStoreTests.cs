using SlmOps.Contracts;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tests.Storage;

public sealed class FolderBlobStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderBlobStore _store;

    public FolderBlobStoreTests() => _store = new(_folder.Root);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    [InlineData((3 << 20) + 17)]
    public async Task AddAsync_AnySize_StoresTheBytesUnderTheirDigest(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);

        var blob = await ((IBlobStore)_store).AddAsync(new MemoryStream(bytes), Stop);

        Assert.Equal(new BlobRef(Digest.Of(bytes), size), blob);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(_store.PathOf(blob.Digest), Stop));
        Assert.Single(Directory.GetFiles(_folder.Root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task AddAsync_NotDurable_StoresTheSame()
    {
        var store = new FolderBlobStore(_folder.Root) { IsDurable = false };

        var blob = await store.AddAsync("abc"u8.ToArray(), Stop);

        Assert.Equal("abc"u8.ToArray(), await _store.ReadAsync(blob.Digest, 3, Stop));
    }

    [Fact]
    public async Task WriteAsync_OtherBytes_ThrowsAndLeavesNothing()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => _store.WriteAsync(Digest.Of("a"u8), 1, new MemoryStream([98]), Stop));
        await Assert.ThrowsAsync<InvalidDataException>(() =>
            _store.WriteAsync(Digest.Of("a"u8), 2, new MemoryStream("a"u8.ToArray()), Stop));
        await Assert.ThrowsAsync<InvalidDataException>(() =>
            _store.WriteAsync(Digest.Of("a"u8), 0, new MemoryStream("a"u8.ToArray()), Stop));

        Assert.Empty(Directory.GetFiles(_folder.Root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task WriteAsync_BlobThere_DoesNotReadTheContent()
    {
        await _store.AddAsync("a"u8.ToArray(), Stop);
        using var unread = new MemoryStream("a"u8.ToArray());

        await _store.WriteAsync(Digest.Of("a"u8), 1, unread, Stop);

        Assert.Equal(0, unread.Position);
        Assert.True(await _store.ExistsAsync(Digest.Of("a"u8), Stop));
    }

    [Fact]
    public async Task WriteAsync_BlobThere_RenewsItsTime()
    {
        await _store.AddAsync("a"u8.ToArray(), Stop);
        File.SetLastWriteTimeUtc(_store.PathOf(Digest.Of("a"u8)), DateTime.UnixEpoch);

        await _store.AddAsync("a"u8.ToArray(), Stop);

        Assert.NotEqual(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(_store.PathOf(Digest.Of("a"u8))));
    }

    [Fact]
    public async Task OpenReadAsync_Missing_ThrowsFileNotFound() =>
        await Assert.ThrowsAsync<FileNotFoundException>(() => _store.OpenReadAsync(Digest.Of("a"u8), Stop));

    [Fact]
    public async Task ReadAsync_BlobChangedOnDisk_Refuses()
    {
        var blob = await _store.AddAsync("good"u8.ToArray(), Stop);
        await File.WriteAllTextAsync(_store.PathOf(blob.Digest), "evil", Stop);

        var exception = await Assert.ThrowsAsync<PackageFormatException>(() => _store.ReadAsync(blob.Digest, 100, Stop));

        Assert.Equal("digest-mismatch", exception.Code);
    }

    [Fact]
    public async Task ReadAsync_LongerThanAllowed_Refuses()
    {
        var blob = await _store.AddAsync("12345"u8.ToArray(), Stop);

        Assert.Equal(5, (await _store.ReadAsync(blob.Digest, 5, Stop)).Length);
        Assert.Equal("too-large", (await Assert.ThrowsAsync<PackageFormatException>(() => _store.ReadAsync(blob.Digest, 4, Stop))).Code);
    }
}
