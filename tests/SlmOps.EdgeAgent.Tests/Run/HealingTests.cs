using System.Diagnostics;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests.Run;

/// <summary>
/// A device whose data folder is damaged serves a right model again after its start. Here a selection; every file in every
/// way is the explicit test: <c>SlmOps.EdgeAgent.Tests -explicit only -class "*HealingTests"</c>.
/// </summary>
public sealed class HealingTests(ITestOutputHelper output)
{
    // Larger than what a slot holds a copy of: the bytes are the same ones under both names.
    private const int Large = 1_100_000;
    private static readonly Damage[] Kinds = Enum.GetValues<Damage>();

    [Theory]
    [InlineData("BothSlots", true)]
    [InlineData("BothSlots", false)]
    [InlineData("OneSlot", true)]
    [InlineData("OneSlot", false)]
    [InlineData("Adapted", true)]
    [InlineData("Adapted", false)]
    public async Task Start_OneFileDamaged_ServesARightModel(string shape, bool online)
    {
        await using var device = await HurtDevice.StartAsync(Enum.Parse<Shape>(shape), online);
        foreach (var (file, index) in device.Files.Select((file, index) => (file, index)))
        {
            var damage = Kinds[(index * 4 + shape.Length + (online ? 2 : 0)) % Kinds.Length];
            Assert.True(await device.HurtAsync(file, damage, seed: index, inPlace: false) == Outcome.Right, $"{file}, {damage}");
        }
    }

    [Theory]
    [InlineData(true, true, "Right")]
    [InlineData(true, false, "Right")]
    [InlineData(false, true, "Right")]
    [InlineData(false, false, "Nothing")] // no right byte of it is left on the device: rather none than a wrong one
    public async Task Start_BytesUnderEveryNameDamaged_ComeFromTheServiceOrTheOtherSlotServes(bool both, bool online, string expected)
    {
        await using var device = await HurtDevice.StartAsync(both ? Shape.BothSlots : Shape.OneSlot, online);
        var active = both ? "slots/b" : "slots/a";
        foreach (var damage in new[] { Damage.Flipped, Damage.Empty, Damage.TooBig })
        {
            Assert.Equal(expected, (await device.HurtAsync($"{active}/weights/w.bin", damage, seed: 1, inPlace: true)).ToString());
        }
    }

    [Theory]
    [InlineData(true, "Right")]
    [InlineData(false, "Nothing")] // nothing says any more what the slot should hold
    public async Task Start_RecordAndManifestLost_NothingIsServedThatNobodyVouchesFor(bool online, string expected)
    {
        await using var device = await HurtDevice.StartAsync(Shape.OneSlot, online);
        var manifest = $"store/blobs/sha256/{device.Bench.Current!.Manifest.Hex}";

        var outcome = await device.HurtAsync(
        [
            new("slots/a/weights/w.bin", Damage.TooBig, 1, InPlace: false),
            new("slots/a.json", Damage.Folder, 2, InPlace: false),
            new(manifest, Damage.Garbage, 3, InPlace: true),
        ]);

        Assert.Equal(expected, outcome.ToString());
    }

    [Fact]
    public async Task Start_NothingRightInChargeAndTheOtherSlotHurt_TheOtherIsMendedFromTheDeviceItself()
    {
        await using var device = await HurtDevice.StartAsync(Shape.BothSlots, online: false);
        Hurt[][] others =
        [
            [new("slots/a/config.json", Damage.Empty, 1, InPlace: false)],
            [new("slots/a/config.json", Damage.Garbage, 1, InPlace: false), new("slots/a.json", Damage.Empty, 1, InPlace: true)],
            [new($"store/blobs/sha256/{device.State.A!.Variant.Manifest.Hex}", Damage.Half, 1, InPlace: true)],
        ];
        foreach (var other in others)
        {
            Assert.Equal(Outcome.Right, await device.HurtAsync([new("slots/b/weights/w.bin", Damage.TooBig, 1, InPlace: true), .. other]));
        }
    }

    [Fact]
    public async Task Start_MadeFileAndWhatItIsMadeOfDamaged_IsMadeAgainWithTheService()
    {
        await using var device = await HurtDevice.StartAsync(Shape.Adapted, online: true);
        foreach (var document in device.Files.Where(file => file.StartsWith("store/blobs/", StringComparison.Ordinal)))
        {
            var outcome = await device.HurtAsync(
            [
                new("slots/b/config.json", Damage.TooBig, 1, InPlace: false),
                new(document, Damage.Flipped, 2, InPlace: false),
            ]);

            Assert.True(outcome == Outcome.Right, document);
        }
    }

    [Fact]
    public async Task Start_NothingRightIsLeft_TheModelComesBackWithTheService()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("w.bin", Models.Random(Large, 1))));
        var before = await bench.RunAsync();
        Damages.Apply(Damage.Flipped, Path.Combine(bench.Data, "slots", "a", "w.bin"), new Random(1), inPlace: true);
        bench.Service.OnBlob = (context, _) =>
        {
            context.Response.StatusCode = 503;
            return Task.FromResult(true);
        };

        await bench.RunAsync();
        Assert.Null(bench.Current);
        Assert.Equal(ReasonCodes.SlotDamaged, Assert.Single(bench.Service.Reports, report => report.Incident is not null).Incident!.Code);
        bench.Service.OnBlob = null;
        var after = await bench.RunAsync();

        Assert.Equal<(Digest, ModelVersion)>(
            (before.ActiveContent!.Variant.Manifest, "1"),
            (after.ActiveContent!.Variant.Manifest, bench.Current!.Version));
        Assert.Equal(Models.Random(Large, 1), File.ReadAllBytes(Path.Combine(bench.Data, "slots", "a", "w.bin")));
        Assert.Equal(ReasonCodes.SlotRestored, bench.Service.Reports.Last(report => report.Incident is not null).Incident!.Code);
    }

    [Fact]
    public async Task Look_FileLostWhileItRuns_IsBackAtTheNextLook()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("w.bin", Models.Random(5000, 1))));
        using var parts = bench.NewParts();
        var loop = bench.NewLoop(parts);
        loop.Recover();
        await loop.CycleAsync(TestContext.Current.CancellationToken);
        await loop.CycleAsync(TestContext.Current.CancellationToken);
        var path = Path.Combine(bench.Data, "slots", "a", "w.bin");
        File.Delete(path);
        File.WriteAllBytes(Path.Combine(bench.Data, "slots", "a", "second.onnx"), Models.Good);

        await loop.CycleAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Models.Random(5000, 1), File.ReadAllBytes(path));
        Assert.False(File.Exists(Path.Combine(bench.Data, "slots", "a", "second.onnx")));
    }

    [Fact]
    public async Task Look_BytesChangedUnderTheSameTime_AreFoundADayLater()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("w.bin", Models.Random(Large, 1))));
        using var parts = bench.NewParts();
        var loop = bench.NewLoop(parts);
        loop.Recover();
        await loop.CycleAsync(TestContext.Current.CancellationToken);
        await loop.CycleAsync(TestContext.Current.CancellationToken);
        var path = Path.Combine(bench.Data, "slots", "a", "w.bin");
        var time = File.GetLastWriteTimeUtc(path);
        Damages.Apply(Damage.Flipped, path, new Random(1), inPlace: true);
        File.SetLastWriteTimeUtc(path, time);
        bench.Clock.Advance(TimeSpan.FromHours(25));

        await loop.CycleAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Models.Random(Large, 1), File.ReadAllBytes(path));
    }

    [Fact]
    public async Task Start_ActiveSlotCannotBeRestored_TheOtherServesAndTheReleaseIsTriedAgain()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("w.bin", Models.Random(Large, 2))));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(two);
        await bench.RunAsync();
        Damages.Apply(Damage.Zeros, Path.Combine(bench.Data, "slots", "b", "w.bin"), new Random(1), inPlace: true);
        bench.Service.OnBlob = (context, _) =>
        {
            context.Response.StatusCode = 404;
            return Task.FromResult(true);
        };

        var fallen = await bench.RunAsync(jitter: 0.5);

        Assert.Equal("1", bench.Current!.Version);
        Assert.Equal(
            (DeviceState.FailedRollbackComplete, ReasonCodes.SlotDamaged),
            (fallen.Deployment!.State, fallen.Deployment.ReasonCode));
        Assert.Empty(fallen.Condemned);
        bench.Service.OnBlob = null;
        bench.Clock.Advance(TimeSpan.FromMinutes(30));
        await bench.RunAsync();
        Assert.Equal("2", bench.Current!.Version);
    }

    [Fact]
    public async Task Start_JournalLost_IsMadeAnewFromTheSlots()
    {
        await using var bench = await Bench.StartAsync();
        foreach (var version in new[] { "1", "2" })
        {
            await bench.PublishAsync(
                await bench.ReleaseAsync(version, ("model.onnx", Models.Good), ("w.bin", Models.Random(5000, version[0]))));
            await bench.RunAsync();
        }

        var before = await bench.RunAsync();
        var blobs = bench.Service.Requests.Count(request => request.Path.StartsWith("/storage/", StringComparison.Ordinal));
        File.WriteAllText(bench.Folder.State, "not a journal");

        var after = await bench.RunAsync();

        Assert.Equal((before.Active, before.A!.Sequence, before.B!.Sequence), (after.Active, after.A!.Sequence, after.B!.Sequence));
        Assert.Equal(before.FloorOf("tiny"), after.FloorOf("tiny"));
        Assert.Equal(before.Channels, after.Channels);
        Assert.Equal((before.A.Variant.Manifest, before.B.Variant.Manifest), (after.A.Variant.Manifest, after.B.Variant.Manifest));
        Assert.NotNull(after.WayBack);
        Assert.Equal(blobs, bench.Service.Requests.Count(request => request.Path.StartsWith("/storage/", StringComparison.Ordinal)));
        Assert.Contains(bench.Service.Reports, report => report.Incident?.Code == ReasonCodes.StateRebuilt);
        Assert.Equal("not a journal", File.ReadAllText(bench.Folder.State + ".damaged"));
    }

    [Fact]
    public async Task Start_JournalLostAndTheRecordSignedByAnother_IsNotTakenUp()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        var before = await bench.RunAsync();
        File.Delete(bench.Folder.State);

        // Another bundle under the name of the one that was signed.
        var bundle = Path.Combine(bench.Folder.Blobs, before.ActiveContent!.Release.Signature.Hex);
        Damages.Apply(Damage.Flipped, bundle, new Random(1), inPlace: true);
        await bench.Service.DisposeAsync();

        var after = await bench.RunAsync();

        Assert.Null(after.Active);
        Assert.Null(bench.Current);
    }

    [Theory]
    [InlineData("Folder")]
    [InlineData("DanglingLink")]
    public async Task Start_KeyLostAndNoFileInItsLocksPlace_EnrolsWithANewKey(string damage)
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        await bench.RunAsync();
        var locked = DataFolder.LockOf(bench.Folder.IdentityKey);
        File.Delete(bench.Folder.IdentityKey);
        Damages.Apply(Enum.Parse<Damage>(damage), locked, new Random(1), inPlace: false);

        await bench.RunAsync();

        Assert.Equal(2, bench.Service.Enrolments.Count);
        Assert.Equal("1", bench.Current!.Version);
        Assert.False(File.Exists(locked + "-nowhere"));
    }

    [Fact]
    public async Task Write_LinkInTheTemporarysPlace_NothingIsWrittenThroughIt()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        var elsewhere = bench.Elsewhere("elsewhere");
        File.WriteAllText(elsewhere, "untouched");
        foreach (
            var name in new[]
            {
                "state.json.tmp",
                "current.json.tmp",
                "channel-stable.json.tmp",
                "freshness.json.tmp",
                "outbox.jsonl",
                "agent.lock",
            }
        )
        {
            File.CreateSymbolicLink(Path.Combine(bench.Folder.Root, name), elsewhere);
        }

        await bench.RunAsync();

        Assert.Equal("1", bench.Current!.Version);
        Assert.Equal("untouched", File.ReadAllText(elsewhere));
    }

    /// <summary>
    /// Every file in every way, on the real clock. Replaced: the path alone is damaged. In place: the bytes are, under every
    /// name that the file has; then a device without a service and with one slot has no right byte left.
    /// </summary>
    [Fact(Explicit = true)]
    public async Task Start_EveryFileInEveryWay_ServesARightModelWithinAMinute()
    {
        var seeds = int.TryParse(Environment.GetEnvironmentVariable("SLMOPS_TEST_SEEDS"), out var asked) ? asked : 1;
        var failed = new List<string>();
        foreach (var (shape, online) in from shape in Enum.GetValues<Shape>() from online in new[] { true, false } select (shape, online))
        {
            await using var device = await HurtDevice.StartAsync(shape, online);
            foreach (var inPlace in new[] { false, true })
            {
                var (counts, slowest) = (new Dictionary<Outcome, int>(), TimeSpan.Zero);
                var cases =
                    from file in device.Files
                    from damage in Kinds
                    from seed in Enumerable.Range(0, seeds)
                    select (file, damage, seed);
                foreach (var (file, damage, seed) in cases)
                {
                    var started = Stopwatch.GetTimestamp();
                    var outcome = await device.HurtAsync(file, damage, seed, inPlace, Real);
                    var took = Stopwatch.GetElapsedTime(started);
                    slowest = took > slowest ? took : slowest;
                    counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
                    var nothingLeft = !online && outcome == Outcome.Nothing && device.WhyNothing is not null;
                    if (outcome != Outcome.Right && !nothingLeft || took > TimeSpan.FromMinutes(1))
                    {
                        failed.Add($"{file}, {damage}, seed {seed}, {shape}, online {online}, in place {inPlace}: {outcome} after {took}");
                    }
                }

                output.WriteLine($"{shape}, {(online ? "online" : "offline")}, {(inPlace ? "in place" : "replaced")}: "
                    + $"{string.Join(", ", counts.Select(one => $"{one.Value} {one.Key}"))}; slowest {slowest.TotalSeconds:0.0} s");
            }
        }

        Assert.True(failed.Count == 0, string.Join("\n", failed));
    }

    private static AgentParts Real(Bench bench) => new(
        bench.Options, bench.Folder, "d-1", new(new ShiftedClock(bench.Clock.GetUtcNow()), new Random(1), bench.ScriptCommand), bench.Log);

    /// <summary>Real time, counted from the time of the bench.</summary>
    private sealed class ShiftedClock(DateTimeOffset start) : TimeProvider
    {
        private readonly long _started = Stopwatch.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => start + Stopwatch.GetElapsedTime(_started);
    }
}
