using System.Formats.Tar;
using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tests.Layout;

public sealed class OciArchiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task ReadAsync_AsTarItselfWritesIt_IsTaken()
    {
        await LayoutAsync();
        await TarFile.CreateFromDirectoryAsync(_folder["layout"], _folder["plain.tar"], includeBaseDirectory: false, Stop);

        await OciArchive.ReadAsync(_folder["plain.tar"], _folder["unpacked"], Stop);

        Assert.Equal(
            Directory.GetFiles(_folder["layout"], "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)).Order(),
            Directory.GetFiles(_folder["unpacked"], "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)).Order());
    }

    [Fact]
    public async Task ReadAsync_FolderWithALayout_IsNotOverwritten()
    {
        await LayoutAsync();
        await OciArchive.WriteAsync(_folder["layout"], _folder["one.tar"], Stop);

        Assert.Equal("not-empty", await RefusedAsync("one.tar", "layout"));
        Assert.Single(LayoutReader.ReadReleases(_folder["layout"]));
    }

    [Theory]
    [InlineData("not-an-archive")]
    [InlineData("not-an-archive", "oci-layout")]
    [InlineData("not-an-archive", "index.json")]
    [InlineData("not-json", "oci-layout", "bad:index.json")]
    [InlineData("second-entry", "index.json", "index.json", "oci-layout")]
    [InlineData("second-entry", "index.json", "./index.json", "oci-layout")]
    [InlineData("second-entry", "oci-layout", "index.json", "oci-layout")]
    [InlineData("foreign-entry", "folder:../above")]
    [InlineData("foreign-entry", "folder:metadata/")]
    [InlineData("foreign-entry", "link:index.json")]
    [InlineData("foreign-entry", "pipe:index.json")]
    [InlineData("foreign-entry", "linked:index.json")]
    public async Task ReadAsync_OddEntries_AreRefusedAndLeaveNothing(string code, params string[] entries)
    {
        await using (var tar = new TarWriter(File.Create(_folder["odd.tar"])))
        {
            foreach (var entry in entries)
            {
                await tar.WriteEntryAsync(Entry(entry), Stop);
            }
        }

        Assert.Equal(code, await RefusedAsync("odd.tar", "unpacked"));
        Assert.False(Directory.Exists(_folder["unpacked"]));
    }

    [Theory]
    [InlineData(0, 100)] // the name
    [InlineData(124, 12)] // the size
    [InlineData(136, 12)] // the time
    [InlineData(148, 8)] // the checksum
    [InlineData(156, 1)] // the kind
    public async Task ReadAsync_OddField_IsRefusedWithAReason(int offset, int length)
    {
        await LayoutAsync();
        await OciArchive.WriteAsync(_folder["layout"], _folder["odd.tar"], Stop);
        var bytes = await File.ReadAllBytesAsync(_folder["odd.tar"], Stop);
        bytes.AsSpan(offset, length).Fill((byte)'z');
        await File.WriteAllBytesAsync(_folder["odd.tar"], bytes, Stop);

        Assert.NotEmpty(await RefusedAsync("odd.tar", "unpacked"));
    }

    [Fact]
    public async Task WriteAsync_SomethingThatIsNoFile_IsRefusedAndWritesNothing()
    {
        await LayoutAsync();
        Directory.CreateDirectory(_folder["layout/blobs/sha256/folder"]);

        await Assert.ThrowsAsync<InvalidDataException>(() => OciArchive.WriteAsync(_folder["layout"], _folder["out.tar"], Stop));

        Assert.DoesNotContain(Directory.GetFiles(_folder.Root), path => path.Contains("out.tar", StringComparison.Ordinal));
    }

    private static TarEntry Entry(string text)
    {
        var parts = text.Split(':', 2);
        return parts switch
        {
            ["folder", var name] => new PaxTarEntry(TarEntryType.Directory, name),
            ["link", var name] => new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = "/etc/passwd" },
            ["linked", var name] => new PaxTarEntry(TarEntryType.HardLink, name) { LinkName = "index.json" },
            ["pipe", var name] => new PaxTarEntry(TarEntryType.Fifo, name),
            [.., var name] => new PaxTarEntry(TarEntryType.RegularFile, name)
            {
                DataStream = new MemoryStream(parts.Length > 1 ? [1] : """{"schemaVersion":2,"manifests":[]}"""u8.ToArray()),
            },
            _ => throw new ArgumentException(text),
        };
    }

    private async Task<string> RefusedAsync(string archive, string into) =>
        (await Assert.ThrowsAsync<PackageFormatException>(() => OciArchive.ReadAsync(_folder[archive], _folder[into], Stop))).Code;

    private async Task LayoutAsync()
    {
        var store = new FolderBlobStore(_folder["store"]);
        await LayoutWriter.WriteAsync(await Samples.AttestedReleaseAsync(store, _key), store, _folder["layout"], Stop);
    }
}
