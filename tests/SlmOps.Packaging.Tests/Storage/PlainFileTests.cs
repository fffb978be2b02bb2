using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tests.Storage;

public sealed class PlainFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OpenRead_FileAndLinkToOne_AreRead()
    {
        _folder.With("file", "abc");
        File.CreateSymbolicLink(_folder["link"], _folder["file"]);

        Assert.Equal("abc"u8.ToArray(), PlainFile.ReadAll(_folder["link"], 3));
        using var file = PlainFile.OpenRead(_folder["file"]);
        Assert.Equal(3, file.Length);
    }

    [Theory]
    [InlineData("folder", typeof(InvalidDataException))]
    [InlineData("pipe", typeof(InvalidDataException))]
    [InlineData("loop", typeof(IOException))]
    [InlineData("dangling", typeof(FileNotFoundException))]
    [InlineData("missing", typeof(FileNotFoundException))]
    [InlineData("no/such/folder", typeof(FileNotFoundException))]
    public void OpenRead_NoFile_IsRefusedWithItsName(string name, Type kind)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such pipes in folders.");
        Directory.CreateDirectory(_folder["folder"]);
        Unusual.Pipe(_folder["pipe"]);
        File.CreateSymbolicLink(_folder["loop"], _folder["loop"]);
        File.CreateSymbolicLink(_folder["dangling"], _folder["nothing"]);

        var refused = Assert.ThrowsAny<Exception>(() => PlainFile.OpenRead(_folder[name]));

        Assert.IsType(kind, refused, exactMatch: false);
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadAll_MoreThanAllowed_IsRefused()
    {
        _folder.With("file", "abcd");

        var refused = Assert.Throws<PackageFormatException>(() => PlainFile.ReadAll(_folder["file"], 3));

        Assert.Equal("too-large", refused.Code);
        Assert.Equal(4, PlainFile.ReadAll(_folder["file"], 4).Length);
    }
}
