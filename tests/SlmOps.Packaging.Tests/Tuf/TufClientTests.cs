using System.Text;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Packaging.Tests.Tuf;

public sealed class TufClientTests : IDisposable
{
    private static readonly DateTimeOffset Now = TufFixture.Now;
    private readonly TufFixture _repository = new();

    public void Dispose() => _repository.Dispose();

    [Fact]
    public async Task UpdateAsync_NewDevice_GetsTheReleases()
    {
        var state = await StartAsync();

        var update = await _repository.UpdateAsync(state);

        Assert.Null(update.Reason);
        var target = Assert.Single(update.Releases!);
        Assert.Equivalent(TufFixture.Target(), target, strict: true);
        Assert.Equal(["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"], _repository.Fetched);
    }

    [Fact]
    public async Task UpdateAsync_NothingNew_FetchesTheTimestampAlone()
    {
        var first = await _repository.UpdateAsync(await StartAsync());
        _repository.Fetched.Clear();

        var second = await _repository.UpdateAsync(first.State);

        Assert.Null(second.Reason);
        Assert.Equal(["2.root.json", "timestamp.json"], _repository.Fetched);
    }

    [Fact]
    public async Task UpdateAsync_OlderTimestamp_IsRollback()
    {
        var state = await StartAsync();
        var old = new Dictionary<string, byte[]>(_repository.Files);
        await _repository.PublishAsync(Now, TufFixture.Target(2, "1.0.1"));
        var newer = await _repository.UpdateAsync(state);
        Replace(old);

        Assert.Equal("timestamp-rollback", (await _repository.UpdateAsync(newer.State)).ReasonCode);
    }

    [Fact]
    public async Task UpdateAsync_NewTimestampOverAnOlderSnapshot_IsRollback()
    {
        var state = await StartAsync();
        var oldSnapshot = _repository.Head.Snapshot!;
        await _repository.PublishAsync(Now, TufFixture.Target(2));
        var newer = await _repository.UpdateAsync(state);
        _repository.Put(await TufWriter.TimestampAsync(9, Now.AddDays(1), oldSnapshot, _repository.OnlineKey, Stop));

        Assert.Equal("snapshot-rollback", (await _repository.UpdateAsync(newer.State)).ReasonCode);
    }

    [Fact]
    public async Task UpdateAsync_NewSnapshotOverOlderTargets_IsRollback()
    {
        var state = await StartAsync();
        var oldTargets = _repository.Head.Targets!;
        await _repository.PublishAsync(Now, TufFixture.Target(2));
        var newer = await _repository.UpdateAsync(state);
        var snapshot = await TufWriter.SnapshotAsync(9, Now.AddDays(1), oldTargets, _repository.OnlineKey, Stop);
        _repository.Put(snapshot);
        _repository.Put(await TufWriter.TimestampAsync(9, Now.AddDays(1), snapshot, _repository.OnlineKey, Stop));

        Assert.Equal("targets-rollback", (await _repository.UpdateAsync(newer.State)).ReasonCode);
    }

    [Theory]
    [InlineData("1.snapshot.json", "snapshot")]
    [InlineData("1.targets.json", "targets")]
    public async Task UpdateAsync_FilesOfTwoStates_IsMismatch(string name, string role)
    {
        var state = await StartAsync();
        var first = new Dictionary<string, byte[]>(_repository.Files);
        _repository.Head = TufHead.None;
        await _repository.PublishAsync(Now, TufFixture.Target(2));
        _repository.Files[name] = first[name];

        Assert.Equal($"{role}-mismatch", (await _repository.UpdateAsync(state)).ReasonCode);
    }

    [Fact]
    public async Task UpdateAsync_ExpiredTimestamp_IsRefusedAlsoWhenTheClockGoesBack()
    {
        var first = await _repository.UpdateAsync(await StartAsync());

        var late = await _repository.UpdateAsync(first.State, Now.AddDays(3));
        var back = await _repository.UpdateAsync(late.State, Now);

        Assert.Equal(("timestamp-expired", "timestamp-expired"), (late.ReasonCode, back.ReasonCode));
    }

    [Theory]
    [InlineData(7, "snapshot-expired")]
    [InlineData(90, "targets-expired")]
    [InlineData(365, "root-expired")]
    public async Task UpdateAsync_OneRoleExpired_IsNamed(int days, string code)
    {
        var state = await StartAsync();
        var later = Now.AddDays(days);
        if (days > 7)
        {
            var snapshot = await TufWriter.SnapshotAsync(2, later.AddDays(1), _repository.Head.Targets!, _repository.OnlineKey, Stop);
            _repository.Head = _repository.Head with { Snapshot = snapshot };
            _repository.Put(snapshot);
        }

        _repository.Put(await TufWriter.TimestampAsync(2, later.AddDays(1), _repository.Head.Snapshot!, _repository.OnlineKey, Stop));

        Assert.Equal(code, (await _repository.UpdateAsync(state, later)).ReasonCode);
    }

    [Theory]
    [InlineData("timestamp")]
    [InlineData("snapshot")]
    [InlineData("targets")]
    public async Task UpdateAsync_ForeignKey_IsRefused(string role)
    {
        var state = await StartAsync();
        var foreign = _repository.NewKey();
        var targets = await TufWriter.TargetsAsync(2, Now.AddDays(1), [], role == "targets" ? foreign : _repository.TargetsKey, Stop);
        var snapshot = await TufWriter.SnapshotAsync(
            2,
            Now.AddDays(1),
            targets,
            role == "snapshot" ? foreign : _repository.OnlineKey,
            Stop);
        var timestamp = await TufWriter.TimestampAsync(
            2,
            Now.AddDays(1),
            snapshot,
            role == "timestamp" ? foreign : _repository.OnlineKey,
            Stop);
        new[] { targets, snapshot, timestamp }.ToList().ForEach(_repository.Put);

        Assert.Equal($"{role}-signature", (await _repository.UpdateAsync(state)).ReasonCode);
    }

    [Fact]
    public async Task UpdateAsync_Rotation_IsFollowedAndLetsVersionsStartAgain()
    {
        var state = await StartAsync();
        await _repository.PublishAsync(Now, TufFixture.Target(2));
        var before = await _repository.UpdateAsync(state);
        var oldRoots = _repository.RootKeys;
        _repository.RootKeys = [oldRoots[0], oldRoots[1], _repository.NewKey()];
        _repository.OnlineKey = _repository.NewKey();
        await _repository.RootAsync(2, null, oldRoots[0], oldRoots[1]);
        _repository.Head = TufHead.None;
        await _repository.PublishAsync(Now, TufFixture.Target(3));

        var after = await _repository.UpdateAsync(before.State);

        Assert.Null(after.Reason);
        Assert.Equal(3, after.Releases![0].Sequence);
    }

    [Fact]
    public async Task UpdateAsync_RootSignedByTheNewKeysAlone_IsRefused()
    {
        var state = await StartAsync();
        _repository.RootKeys = [_repository.NewKey(), _repository.NewKey()];
        await _repository.RootAsync(2);

        var update = await _repository.UpdateAsync(state);

        Assert.Equal("root-signature", update.ReasonCode);
        Assert.Equal(state.Root, update.State.Root);
    }

    [Fact]
    public async Task UpdateAsync_RootSignedByTheOldKeysAlone_IsRefused()
    {
        var state = await StartAsync();
        var old = _repository.RootKeys;
        _repository.RootKeys = [_repository.NewKey(), _repository.NewKey()];
        await _repository.RootAsync(2, null, old[0], old[1]);

        Assert.Equal("root-signature", (await _repository.UpdateAsync(state)).ReasonCode);
    }

    [Fact]
    public async Task UpdateAsync_RootSignedTwiceByOneKey_IsRefused()
    {
        var state = await StartAsync();
        await _repository.RootAsync(2, null, _repository.RootKeys[0], _repository.RootKeys[0]);

        Assert.Equal("root-signature", (await _repository.UpdateAsync(state)).ReasonCode);
    }

    [Fact]
    public async Task UpdateAsync_RootThatSkipsAVersion_IsRefused()
    {
        var state = await StartAsync();
        var third = await _repository.RootAsync(3);
        _repository.Files["2.root.json"] = third.Bytes;

        Assert.Equal("root-version", (await _repository.UpdateAsync(state)).ReasonCode);
    }

    [Theory]
    [InlineData("timestamp.json", "timestamp-missing")]
    [InlineData("1.snapshot.json", "snapshot-missing")]
    [InlineData("1.targets.json", "targets-missing")]
    public async Task UpdateAsync_FileMissing_IsNamed(string name, string code)
    {
        var state = await StartAsync();
        _repository.Files.Remove(name);

        Assert.Equal(code, (await _repository.UpdateAsync(state)).ReasonCode);
    }

    [Theory]
    [InlineData("timestamp.json", "timestamp-too-large")]
    [InlineData("1.snapshot.json", "snapshot-mismatch")]
    [InlineData("1.targets.json", "targets-mismatch")]
    [InlineData("2.root.json", "root-too-large")]
    public async Task UpdateAsync_EndlessData_IsRefused(string name, string code)
    {
        var state = await StartAsync();
        _repository.Files[name] = new byte[6 << 20];

        Assert.Equal(code, (await _repository.UpdateAsync(state)).ReasonCode);
    }

    [Fact]
    public async Task UpdateAsync_TargetPathThatLeavesTheFolder_IsRefused()
    {
        var state = await StartAsync();
        await _repository.PublishAsync(
            Now,
            TufFixture.Target() with
            {
                Release = TufFixture.Target().Release with { Model = default, Version = "x" },
            }
        );

        Assert.Equal("malformed", (await _repository.UpdateAsync(state)).ReasonCode);
    }

    [Fact]
    public async Task UpdateAsync_EveryByteOfTheTimestampFlipped_IsRefused()
    {
        var state = await StartAsync();
        var good = _repository.Files["timestamp.json"];
        for (var at = 0; at < good.Length; at += 7)
        {
            var bad = (byte[])good.Clone();
            bad[at] ^= 1;
            _repository.Files["timestamp.json"] = bad;
            Assert.NotNull((await _repository.UpdateAsync(state)).ReasonCode);
        }
    }

    [Fact]
    public void ReleaseFloor_SequenceAndSecurityFloor_Decide()
    {
        var floor = ReleaseFloor.None.Commit(TufFixture.Target(5)).Raise(TufFixture.Target(6) with { SecurityFloor = 4 });

        Assert.Null(floor.RefuseInstall(TufFixture.Target(5)));
        Assert.NotNull(floor.RefuseInstall(TufFixture.Target(4)));
        Assert.Null(floor.RefuseFallback(4));
        Assert.NotNull(floor.RefuseFallback(3));
    }

    [Fact]
    public void OlpcJson_Form_IsSortedAndEscapesTwoCharacters()
    {
        using var document = System.Text.Json.JsonDocument.Parse("""{"b":[1, true,null],"a":"x\n\"\\ü","A":{}}""");

        Assert.Equal("{\"A\":{},\"a\":\"x\n\\\"\\\\ü\",\"b\":[1,true,null]}", Encoding.UTF8.GetString(OlpcJson.Of(document.RootElement)));
    }

    private async Task<TufState> StartAsync()
    {
        var root = await _repository.RootAsync(1);
        await _repository.PublishAsync(Now, TufFixture.Target());
        return TufState.Initial(root.Bytes);
    }

    private void Replace(Dictionary<string, byte[]> files)
    {
        _repository.Files.Clear();
        foreach (var (name, bytes) in files)
        {
            _repository.Files[name] = bytes;
        }
    }
}
