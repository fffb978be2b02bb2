using SlmOps.Packaging.Tests.Tuf;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Packaging.Tests.Outside;

/// <summary>Verdicts of npm tuf-js on our metadata.</summary>
public sealed class TufJsTests : IDisposable
{
    // tuf-js reads the real clock.
    private static readonly DateTimeOffset FarFuture = new(2125, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();
    private readonly TufFixture _repository = new();

    public void Dispose()
    {
        _repository.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task TufJs_Release_IsFetchedAsATarget()
    {
        await StartAsync();

        var (code, output) = await RunAsync("pydocs-slm/1.0.0");

        Assert.Equal(0, code);
        Assert.Contains("\"release_seq\":1", output, StringComparison.Ordinal);
        Assert.Equal("index", await File.ReadAllTextAsync(_folder["client/target"], Stop));
    }

    [Fact]
    public async Task TufJs_OlderTimestamp_IsRefused()
    {
        await StartAsync();
        var old = _repository.Files["timestamp.json"];
        await _repository.PublishAsync(FarFuture, TufFixture.Target(2));
        Assert.Equal((0, "ok"), await RunAsync());
        _repository.Files["timestamp.json"] = old;

        Refused(await RunAsync(), "version 1 is less than current version 2");
    }

    [Fact]
    public async Task TufJs_Rotation_IsFollowedAndAForeignRootIsNot()
    {
        await StartAsync();
        Assert.Equal((0, "ok"), await RunAsync());
        var old = _repository.RootKeys;
        _repository.RootKeys = [old[0], old[1], _repository.NewKey()];
        _repository.OnlineKey = _repository.NewKey();
        await _repository.RootAsync(2, FarFuture, old[0], old[1]);
        await _repository.PublishAsync(FarFuture, TufFixture.Target(2));
        Assert.Equal((0, "ok"), await RunAsync());

        _repository.RootKeys = [_repository.NewKey(), _repository.NewKey()];
        await _repository.RootAsync(3, FarFuture);

        Refused(await RunAsync(), "signed by 0/2 keys");
    }

    [Fact]
    public async Task TufJs_ExpiredTimestamp_IsRefused()
    {
        await StartAsync();
        _repository.Put(await TufWriter.TimestampAsync(2, Samples.Created, _repository.Head.Snapshot!, _repository.OnlineKey, Stop));

        Refused(await RunAsync(), "expired");
    }

    [Fact]
    public async Task TufJs_ForeignTimestampKey_IsRefused()
    {
        await StartAsync();
        _repository.Put(await TufWriter.TimestampAsync(2, FarFuture, _repository.Head.Snapshot!, _repository.NewKey(), Stop));

        Refused(await RunAsync(), "signed by 0/1 keys");
    }

    private static void Refused((int Code, string Output) result, string words)
    {
        Assert.Equal(1, result.Code);
        Assert.Contains(words, result.Output, StringComparison.OrdinalIgnoreCase);
    }

    private async Task StartAsync()
    {
        var root = await _repository.RootAsync(1, FarFuture);
        await _repository.PublishAsync(FarFuture, TufFixture.Target());
        _folder.With("client/root.json", root.Bytes);
        _folder.With($"repository/targets/pydocs-slm/{TufFixture.Target().Release.Digest.Hex}.1.0.0", "index");
    }

    private Task<(int Code, string Output)> RunAsync(params string[] target)
    {
        foreach (var (name, bytes) in _repository.Files)
        {
            _folder.With($"repository/metadata/{name}", bytes);
        }

        return Tool.NodeAsync("tuf.cjs", [_folder["repository"], _folder["client"], .. target]);
    }
}
