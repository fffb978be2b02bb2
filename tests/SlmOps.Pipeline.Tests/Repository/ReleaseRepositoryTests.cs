using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SlmOps.Contracts;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Api;
using SlmOps.Pipeline.Repository;
using SlmOps.Pipeline.Tests.Rollout;

namespace SlmOps.Pipeline.Tests.Repository;

/// <summary>The repository in storage: what devices and another TUF client find there, whoever dies or races.</summary>
public sealed class ReleaseRepositoryTests(Storage storage) : IClassFixture<Storage>
{
    private const int EnoughWrites = 30;
    private static readonly ReleaseRef One = SampleFleet.Of("1");
    private static readonly ReleaseRef Two = SampleFleet.Of("2");
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Add_FirstRelease_DevicesSeeIt()
    {
        await storage.ClearAsync();
        var offer = new DeltaOffer(Digest.Of([1]), Digest.Of([2]), new(Digest.Of([3]), 4));

        var listed = await storage.Open(_time).AddAsync(One, [offer], Cancelled);

        var seen = Assert.Single((await UpdateAsync()).Releases!);
        Assert.Equal((One, 1L, 0L), (seen.Release, seen.Sequence, seen.SecurityFloor));
        Assert.Equal(offer, Assert.Single(seen.Deltas));
        Assert.Equal(1, listed.Sequence);
        Assert.Equal(["1.root.json", "1.snapshot.json", "1.targets.json", "timestamp.json"], await NamesAsync());
    }

    [Fact]
    public async Task Add_SameReleaseTwice_GivesNoSecondSequence()
    {
        await storage.ClearAsync();
        var repository = storage.Open(_time);
        await repository.AddAsync(One, [], Cancelled);

        var again = await storage.Open(_time).AddAsync(One with { Signature = Digest.Of([7]) }, [], Cancelled);

        Assert.Equal((One, 1L), (again.Release, again.Sequence));
        Assert.Equal(4, (await NamesAsync()).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Add_KilledAtEachWrite_TheNextOneRepairsIt(bool before)
    {
        for (var write = 1; write < EnoughWrites; write++)
        {
            await storage.ClearAsync();
            await storage.Open(_time).AddAsync(One, [], Cancelled);
            var old = await UpdateAsync();
            Task Cut(int number, string path) => number == write ? throw new KilledException() : Task.CompletedTask;
            Task Pass(int number, string path) => Task.CompletedTask;
            var killed = false;
            try
            {
                await storage.Open(_time, before ? new(Cut) : new(Pass, Cut)).AddAsync(Two, [], Cancelled);
            }
            catch (KilledException)
            {
                killed = true;
            }

            // Devices see the old state or the new one, whole.
            var meanwhile = await UpdateAsync(old.State);
            Assert.True(meanwhile.ReasonCode is null, $"A kill at write {write} leaves {meanwhile.Reason}");

            // Once by the clock, once by the message that comes again.
            await storage.Open(_time).TickAsync(Cancelled);
            var repaired = await UpdateAsync(old.State);
            var listed = await storage.Open(_time).AddAsync(Two, [], Cancelled);

            Assert.Equal(2, listed.Sequence);
            var stored = write > 1 || !before;
            Assert.Equal(stored ? 2 : 1, repaired.Releases!.Count);
            Assert.Equal([One, Two], (await UpdateAsync(repaired.State)).Releases!.Select(one => one.Release));
            if (!killed)
            {
                // Table, targets, snapshot, timestamp.
                Assert.Equal(5, write);
                return;
            }
        }

        Assert.Fail("The change does not end.");
    }

    [Fact]
    public async Task Add_ManyAtOnceByTwoInstances_EachHasItsOwnSequence()
    {
        await storage.ClearAsync();
        ReleaseRepository[] instances = [storage.Open(_time), storage.Open(_time)];

        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(
            () => instances[number % 2].AddAsync(SampleFleet.Of($"1.{number / 2}"), [], Cancelled), Cancelled)));

        var releases = (await UpdateAsync()).Releases!;
        Assert.Equal([1L, 2L, 3L, 4L], releases.Select(one => one.Sequence).Order());
    }

    [Fact]
    public async Task Publish_SlowInstanceWithAnOlderState_DoesNotReplaceTheNewer()
    {
        await storage.ClearAsync();
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var slow = storage.Open(_time, new(async (_, path) =>
        {
            if (path.EndsWith("timestamp.json", StringComparison.Ordinal) && reached.TrySetResult())
            {
                await go.Task;
            }
        }));
        var first = slow.AddAsync(One, [], Cancelled);
        await reached.Task;
        await storage.Open(_time).AddAsync(Two, [], Cancelled);
        var newest = await UpdateAsync();
        Assert.Equal([One, Two], newest.Releases!.Select(one => one.Release));

        go.SetResult();
        await first;

        Assert.Equal(2, (await UpdateAsync(newest.State)).Releases!.Count);
        Assert.Equal(TufVersions.Of(newest.State), TufVersions.Of((await UpdateAsync(newest.State)).State));
    }

    [Fact]
    public async Task Publish_FileOfThisNumberHoldsSomethingElse_TakesTheNextNumber()
    {
        await storage.ClearAsync();
        await storage
            .Packages.GetBlobClient("metadata/1.targets.json")
            .UploadAsync(BinaryData.FromString("{\"signed\":{},\"signatures\":[]}"), Cancelled);

        await storage.Open(_time).AddAsync(One, [], Cancelled);

        Assert.Equal(One, Assert.Single((await UpdateAsync()).Releases!).Release);
        Assert.Contains("2.targets.json", await NamesAsync());
    }

    [Fact]
    public async Task Tick_NothingReleased_WritesNothing()
    {
        await storage.ClearAsync();

        await storage.Open(_time).TickAsync(Cancelled);

        Assert.Equal(["1.root.json"], await NamesAsync());
    }

    [Fact]
    public async Task Tick_OverAYear_NothingExpires()
    {
        await storage.ClearAsync();
        var repository = storage.Open(_time);
        await repository.AddAsync(One, [], Cancelled);
        var state = (await UpdateAsync()).State;
        for (var day = 0; day < 100; day++)
        {
            _time.Advance(TimeSpan.FromDays(1));
            await repository.TickAsync(Cancelled);
            var update = await UpdateAsync(state);
            Assert.True(update.ReasonCode is null, $"Day {day}: {update.Reason}");
            state = update.State;
        }

        // Every second day a timestamp, and two lists in a hundred days.
        var versions = TufVersions.Of(state);
        Assert.Equal(3, versions.Targets);
        Assert.InRange(versions.Timestamp, 40, 60);
    }

    [Fact]
    public async Task Tick_TwoInstancesAtOnce_RenewOnce()
    {
        await storage.ClearAsync();
        ReleaseRepository[] instances = [storage.Open(_time), storage.Open(_time)];
        await instances[0].AddAsync(One, [], Cancelled);
        _time.Advance(TimeSpan.FromDays(2));

        await Task.WhenAll(instances.Select(instance => Task.Run(() => instance.TickAsync(Cancelled), Cancelled)));

        Assert.Equal(new TufVersions(1, 2, 2), TufVersions.Of((await UpdateAsync()).State));
    }

    [Fact]
    public async Task Tick_AnotherOnlineKeyWithItsRoot_DevicesFollow()
    {
        await storage.ClearAsync();
        await storage.Open(_time).AddAsync(One, [], Cancelled);
        var old = await UpdateAsync();
        var options = storage.Options with { OnlineKey = storage.Options.OnlineKey + ".2" };
        await storage.Packages.GetBlobClient("metadata/2.root.json").UploadAsync(
            BinaryData.FromBytes((await storage.RootAsync(2, options.OnlineKey)).Bytes), Cancelled);
        Assert.Equal("timestamp-signature", (await UpdateAsync(old.State)).ReasonCode);

        await storage.Open(_time, options: options).TickAsync(Cancelled);

        Assert.Equal(One, Assert.Single((await UpdateAsync(old.State)).Releases!).Release);
    }

    [Fact]
    public async Task Add_TableLost_SequencesGoOnFromWhatIsPublished()
    {
        await storage.ClearAsync();
        var repository = storage.Open(_time);
        await repository.AddAsync(One, [], Cancelled);
        await repository.AddAsync(Two, [], Cancelled);
        await repository.RaiseFloorAsync("phi", "2", Cancelled);
        var before = await UpdateAsync();
        await storage.ClearTableAsync();

        var listed = await storage.Open(_time).AddAsync(SampleFleet.Of("3"), [], Cancelled);

        Assert.Equal(3, listed.Sequence);
        var after = await UpdateAsync(before.State);
        Assert.Equal([(1L, 2L), (2L, 2L), (3L, 2L)], after.Releases!.Select(one => (one.Sequence, one.SecurityFloor)));
    }

    [Fact]
    public async Task Arrange_RolledBack_DevicesMayGoBack()
    {
        await storage.ClearAsync();
        var repository = storage.Open(_time);
        await repository.AddAsync(One, [], Cancelled);
        await repository.AddAsync(Two, [], Cancelled);
        var floor = ReleaseFloor.None.Commit((await UpdateAsync()).Releases!.Single(one => one.Release == Two));

        await repository.ArrangeAsync(new(One, null, [Two]), Cancelled);

        var back = (await UpdateAsync()).Releases!.Single(one => one.Release == One);
        Assert.Null(floor.RefuseInstall(back));
        Assert.Equal(3, back.Sequence);
    }

    [Fact]
    public async Task TufJs_WhatThePipelinePublishes_IsFollowedAndATamperedOneIsNot()
    {
        await storage.ClearAsync();
        using var folder = new TemporaryFolder();
        var index = Encoding.UTF8.GetBytes("index of one");
        var one = One with { Digest = Digest.Of(index), Size = index.Length };
        Directory.CreateDirectory(Path.Combine(folder.Root, "client"));
        await File.WriteAllBytesAsync(Path.Combine(folder.Root, "client", "root.json"), storage.Root, Cancelled);
        var target = Path.Combine(folder.Root, "repository", "targets", "phi", $"{one.Digest.Hex}.1");
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await File.WriteAllBytesAsync(target, index, Cancelled);
        var repository = storage.Open(_time);
        await repository.AddAsync(one, [], Cancelled);

        var (code, output) = await TufJsAsync(folder, "phi/1");
        Assert.True(code == 0, output);
        Assert.Contains("\"release_seq\":1", output, StringComparison.Ordinal);

        await repository.AddAsync(Two, [], Cancelled);
        Assert.Equal((0, "ok"), await TufJsAsync(folder));
        _time.Advance(TimeSpan.FromDays(2));
        await repository.TickAsync(Cancelled);
        Assert.Equal((0, "ok"), await TufJsAsync(folder));
        Assert.Contains("3.snapshot.json", await NamesAsync());

        await repository.ArrangeAsync(new(one, null, [Two]), Cancelled);
        (code, output) = await TufJsAsync(folder, "phi/1");
        Assert.True(code == 0, output);
        Assert.Contains("\"release_seq\":3", output, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromDays(2));
        await repository.TickAsync(Cancelled);
        var blob = storage.Packages.GetBlobClient("metadata/timestamp.json");
        var text = (await blob.DownloadContentAsync(Cancelled)).Value.Content.ToString();
        await blob.UploadAsync(
            BinaryData.FromString(text.Replace("\"version\":5", "\"version\":6", StringComparison.Ordinal)),
            overwrite: true,
            Cancelled);
        (code, output) = await TufJsAsync(folder);
        Assert.Equal(1, code);
        Assert.Contains("signed by 0/1 keys", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("timestamp.json", 200)]
    [InlineData("1.targets.json", 200)]
    [InlineData("1.snapshot.json", 200)]
    [InlineData("1.root.json", 200)]
    [InlineData("2.root.json", 404)]
    [InlineData("root.json", 400)]
    [InlineData("01.root.json", 400)]
    [InlineData("0.root.json", 400)]
    [InlineData("1.timestamp.json", 400)]
    [InlineData("..%2fblobs", 400)]
    [InlineData("../../channels/phi.json", 400)]
    [InlineData("timestamp.json\n", 400)]
    [InlineData("99999999999.root.json", 400)]
    [InlineData("", 400)]
    public async Task Api_File_OnlyMetadataIsServed(string name, int status)
    {
        await storage.ClearAsync();
        await storage.Open(_time).AddAsync(One, [], Cancelled);

        var (code, etag, body) = await GetAsync(name, null);

        Assert.Equal(status, code);
        if (status == 200)
        {
            Assert.Equal(await storage.ReadAsync(name, 1 << 20, Cancelled), body);
            Assert.Equal(304, (await GetAsync(name, etag)).Code);
            await storage.Open(_time).AddAsync(Two, [], Cancelled);
            Assert.Equal(name == "timestamp.json" ? 200 : 304, (await GetAsync(name, etag)).Code);
        }
    }

    [Fact]
    public async Task RootUpload_Start_WritesOnceAndRefusesAnotherRoot()
    {
        await storage.ClearAsync();
        await storage.Packages.DeleteBlobAsync("metadata/1.root.json", cancellationToken: Cancelled);
        var upload = new RootUpload(new(new(storage.ConnectionString)), storage.Options);
        await upload.StartingAsync(Cancelled);
        await upload.StartingAsync(Cancelled);
        Assert.Equal(storage.Root, await storage.ReadAsync("1.root.json", 1 << 20, Cancelled));

        await storage.Packages.GetBlobClient("metadata/1.root.json").UploadAsync(
            BinaryData.FromBytes((await storage.RootAsync(1, storage.Options.OnlineKey)).Bytes), overwrite: true, Cancelled);

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => upload.StartingAsync(Cancelled));
        Assert.Contains("1.root.json", fault.Message, StringComparison.Ordinal);
    }

    private Task<TufUpdate> UpdateAsync(TufState? state = null) => storage.UpdateAsync(_time.GetUtcNow(), state);

    private async Task<IReadOnlyList<string>> NamesAsync()
    {
        List<string> names = [];
        await foreach (var blob in storage.Packages.GetBlobsAsync(cancellationToken: Cancelled))
        {
            names.Add(blob.Name["metadata/".Length..]);
        }

        return [.. names.Order(StringComparer.Ordinal)];
    }

    private async Task<(int Code, string ETag, byte[] Body)> GetAsync(string name, string? etag)
    {
        await using var services = new ServiceCollection().AddLogging().BuildServiceProvider();
        var context = new DefaultHttpContext { RequestServices = services };
        using var body = new MemoryStream();
        context.Response.Body = body;
        context.Request.Headers.IfNoneMatch = etag;
        var result = await new MetadataApi(new(new(storage.ConnectionString))).FileAsync(context.Request, name, Cancelled);
        await result.ExecuteAsync(context);
        return (context.Response.StatusCode, context.Response.Headers.ETag.ToString(), body.ToArray());
    }

    private async Task<(int Code, string Output)> TufJsAsync(TemporaryFolder folder, params string[] target)
    {
        var repository = Path.Combine(folder.Root, "repository");
        Directory.CreateDirectory(Path.Combine(repository, "metadata"));
        foreach (var name in await NamesAsync())
        {
            await File.WriteAllBytesAsync(
                Path.Combine(repository, "metadata", name),
                (await storage.ReadAsync(name, 1 << 20, Cancelled))!,
                Cancelled);
        }

        var script = Path.Combine(RepositoryRoot.Path, "tests", "SlmOps.Packaging.Tests", "Outside", "tuf.cjs");
        using var node = Process.Start(new ProcessStartInfo("node", [script, repository, Path.Combine(folder.Root, "client"), .. target])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await node.StandardOutput.ReadToEndAsync(Cancelled);
        await node.WaitForExitAsync(Cancelled);
        return (node.ExitCode, output.Trim());
    }

    private sealed class KilledException : Exception;
}
