using SlmOps.Cli.Up;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Cli.Tests.Up;

public sealed class LocalRootTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly Folder _folder = new();
    private readonly LocalSigningKey _release = LocalSigningKey.CreateInMemory();
    private readonly LocalSigningKey _online = LocalSigningKey.CreateInMemory();

    public void Dispose()
    {
        _release.Dispose();
        _online.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Ensure_FirstStart_MakesThreePrivateKeysAndTheirRoot()
    {
        var root = TufRoot.Read(Ensure(Now));

        Assert.Equal((2, 3), (root.Roles.Root.Threshold, root.Roles.Root.Keys.Count));
        Assert.Equal([_release.PublicKey], root.Roles.Targets.Keys);
        Assert.Equal([_online.PublicKey], root.Roles.Timestamp.Keys);
        var keys = Directory.GetFiles(Path.Combine(_folder.Path, "keys"), "root-*.pem");
        Assert.Equal(3, keys.Length);
        if (!OperatingSystem.IsWindows())
        {
            foreach (var key in keys)
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
            }
        }
    }

    [Fact]
    public void Ensure_LaterStarts_KeepTheFirstRootAndRenewInTime()
    {
        var first = Ensure(Now);

        Assert.Equal(first, Ensure(Now.AddDays(182)));
        Assert.False(File.Exists(Of(2)));
        Assert.Equal(first, Ensure(Now.AddDays(183)));
        Assert.Equal(first, Ensure(Now.AddDays(183)));
        Assert.False(File.Exists(Of(3)));
        Assert.Equal(Now.AddDays(183 + 365), TufRoot.Read(first).ReadNext(File.ReadAllBytes(Of(2))).Expires);
    }

    [Fact]
    public void Ensure_AnotherOnlineKey_IsNamedByTheNextRoot()
    {
        var first = Ensure(Now);
        using var other = LocalSigningKey.CreateInMemory();

        LocalRoot.Ensure(_folder.Path, _release.PublicKey, other.PublicKey, Now);

        Assert.Equal([other.PublicKey], TufRoot.Read(first).ReadNext(File.ReadAllBytes(Of(2))).Roles.Snapshot.Keys);
    }

    [Fact]
    public async Task Ensure_ManyAtOnce_AllTrustTheSameRoot()
    {
        var roots = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => Ensure(Now))));

        Assert.All(roots, root => Assert.Equal(roots[0], root));
    }

    private byte[] Ensure(DateTimeOffset now) => LocalRoot.Ensure(_folder.Path, _release.PublicKey, _online.PublicKey, now);

    private string Of(int version) => Path.Combine(_folder.Path, "root", $"{version}.root.json");
}
