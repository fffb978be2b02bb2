using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Cli.Tests.Root;

public sealed class RootCommandsTests : IDisposable
{
    private readonly Folder _folder = new();

    public RootCommandsTests()
    {
        foreach (var name in (string[])["release", "director", "online", "online2"])
        {
            using var key = LocalSigningKey.CreateInMemory();
            _folder.Put(name, key.PublicKey.Pem);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Init_ThreeKeys_MakesThemAndARootThatTwoCanReplace()
    {
        var (code, _, error) = await InitAsync();

        Assert.True(code == 0, error);
        var root = TufRoot.Read(File.ReadAllBytes(Of("root/1.root.json")));
        Assert.Equal((1L, 2, 3), (root.Version, root.Roles.Root.Threshold, root.Roles.Root.Keys.Count));
        Assert.Equal(File.ReadAllText(Of("online")), Assert.Single(root.Roles.Timestamp.Keys).Pem);
        Assert.Equal(File.ReadAllText(Of("online")), Assert.Single(root.Roles.Snapshot.Keys).Pem);
        Assert.Equal(File.ReadAllText(Of("release")), Assert.Single(root.Roles.Targets.Keys).Pem);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Of("a.pem")));
        }
    }

    [Fact]
    public async Task Init_Again_NeverReplacesARoot()
    {
        await InitAsync();
        var before = File.ReadAllBytes(Of("root/1.root.json"));

        var (code, _, error) = await InitAsync();

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("never replaced", Plain(error), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Of("root/1.root.json")));
    }

    [Fact]
    public async Task Init_FewerKeysThanTheThreshold_IsRefused()
    {
        var (code, _, error) = await Run.Async(
            "root",
            "init",
            "--key",
            Of("a.pem"),
            "--release",
            Of("release"),
            "--online",
            Of("online"),
            "--out",
            Of("root"));

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("2 of 1 keys", Plain(error), StringComparison.Ordinal);
        Assert.False(File.Exists(Of("root/1.root.json")));
    }

    [Fact]
    public async Task Rotate_OnlineKey_DevicesFollowFromTheFirstRoot()
    {
        await InitAsync();
        var first = TufRoot.Read(File.ReadAllBytes(Of("root/1.root.json")));

        var (code, _, error) = await RotateAsync("--key", Of("a.pem"), "--key", Of("b.pem"), "--online", Of("online2"));

        Assert.True(code == 0, error);
        var second = first.ReadNext(File.ReadAllBytes(Of("root/2.root.json")));
        Assert.Equal(File.ReadAllText(Of("online2")), Assert.Single(second.Roles.Timestamp.Keys).Pem);
        Assert.Equal(first.Roles.Targets.Keys, second.Roles.Targets.Keys);
        Assert.Equal(first.Roles.Root.Keys, second.Roles.Root.Keys);
    }

    [Fact]
    public async Task Rotate_RootKeyLost_OldAndNewKeysSign()
    {
        await InitAsync();
        LocalSigningKey.LoadOrCreate(Of("d.pem")).Dispose();

        var (code, _, error) = await RotateAsync(
            "--key", Of("a.pem"), "--key", Of("b.pem"), "--key", Of("d.pem"),
            "--root-key", Of("a.pem"), "--root-key", Of("b.pem"), "--root-key", Of("d.pem"));

        Assert.True(code == 0, error);
        var third = await RotateAsync("--key", Of("a.pem"), "--key", Of("d.pem"));
        Assert.True(third.Code == 0, third.Error);
        Assert.True(File.Exists(Of("root/3.root.json")));
    }

    [Theory]
    [InlineData("a.pem")]
    [InlineData("a.pem", "a.pem")]
    [InlineData("a.pem", "d.pem")]
    [InlineData("d.pem", "e.pem")]
    public async Task Rotate_TooFewOldKeys_IsRefusedAndNothingIsWritten(params string[] keys)
    {
        await InitAsync();
        LocalSigningKey.LoadOrCreate(Of("d.pem")).Dispose();
        LocalSigningKey.LoadOrCreate(Of("e.pem")).Dispose();

        var (code, _, error) = await RotateAsync([.. keys.SelectMany(key => new[] { "--key", Of(key) })]);

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("No device would accept this root", Plain(error), StringComparison.Ordinal);
        Assert.False(File.Exists(Of("root/2.root.json")));
    }

    [Fact]
    public async Task Rotate_KeyThatIsNotThere_IsNotMade()
    {
        await InitAsync();

        var (code, _, error) = await RotateAsync("--key", Of("a.pem"), "--key", Of("typo.pem"));

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("There is no key at", Plain(error), StringComparison.Ordinal);
        Assert.False(File.Exists(Of("typo.pem")));
    }

    [Fact]
    public async Task Trust_PublicKeysAndFirstRoot_IsWhatAnAgentLoads()
    {
        await InitAsync();

        var (code, _, error) = await Run.Async(
            "root",
            "trust",
            "--release",
            Of("release"),
            "--director",
            Of("director"),
            "--root",
            Of("root/1.root.json"),
            "--out",
            Of("trust.json"));

        Assert.True(code == 0, error);
        var trust = TrustRoots.Load(Of("trust.json"));
        Assert.Equal(File.ReadAllText(Of("director")), trust.DirectorKey.Pem);
        Assert.Equal(File.ReadAllBytes(Of("root/1.root.json")), trust.Root);
    }

    private Task<(int Code, string Output, string Error)> InitAsync() => Run.Async(
        "root", "init", "--key", Of("a.pem"), "--key", Of("b.pem"), "--key", Of("c.pem"),
        "--release", Of("release"), "--online", Of("online"), "--out", Of("root"));

    private Task<(int Code, string Output, string Error)> RotateAsync(params string[] more) =>
        Run.Async(["root", "rotate", "--out", Of("root"), .. more]);

    private string Of(string name) => Path.Combine(_folder.Path, name);

    /// <summary>Lines are wrapped to the width of the terminal.</summary>
    private static string Plain(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
