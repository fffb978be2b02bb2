using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Device;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.Smoke;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging.Channels;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Tuf;
using SlmOps.Packaging.Verification;

namespace SlmOps.EdgeAgent.SelfTest;

/// <summary><c>--self-test</c>: proves on the machine itself that what ahead-of-time compilation may break is whole.</summary>
internal static class SelfTests
{
    internal static async Task<int> RunAsync(IReadOnlyList<string> launcher, TextWriter output, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("slmops-self-test-").FullName;
        try
        {
            (string Name, Func<Task<string>> Check)[] checks =
            [
                ("JSON round trips", () => Task.FromResult(JsonRoundTrips())),
                ("signature check", () => SignatureAsync(cancellationToken)),
                ("identity", () => IdentityTest.RunAsync(folder, cancellationToken)),
                ("freshness metadata", () => FreshnessAsync(folder, cancellationToken)),
                ("state file", () => Task.FromResult(StateFileWorks(folder))),
                ("delta", () => DeltaAsync(folder, cancellationToken)),
                ("hard link", () => Task.FromResult(HardLink(folder))),
                ("ONNX Runtime", () => Task.FromResult(RunsTinyModel(folder))),
                ("smoke process", () => SmokeProcessAsync(launcher, folder, cancellationToken)),
            ];
            var failed = 0;
            foreach (var (name, check) in checks)
            {
                failed += await PassesAsync(name, check, output) ? 0 : 1;
            }

            await output.WriteLineAsync(failed == 0 ? "all checks passed" : $"{failed} checks failed");
            return failed == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<bool> PassesAsync(string name, Func<Task<string>> check, TextWriter output)
    {
        try
        {
            await output.WriteLineAsync($"ok    {name}: {await check()}");
            return true;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whatever it is, it is the answer that was asked for.
            await output.WriteLineAsync($"FAIL  {name}: {exception.GetType().Name}: {exception.Message}");
            return false;
        }
    }

    private static string JsonRoundTrips()
    {
        var document = SampleChannel();
        var json = JsonSerializer.Serialize(document, ContractsJson.Default.ChannelDocument);
        var again = JsonSerializer.Serialize(
            JsonSerializer.Deserialize(json, ContractsJson.Default.ChannelDocument)!,
            ContractsJson.Default.ChannelDocument);
        Expect(json == again && json.Contains("\"openRings\"", StringComparison.Ordinal), "the channel document changes on the way");

        var report = new DeviceReport(
            1,
            "d-1",
            7,
            DateTimeOffset.UnixEpoch,
            "stable",
            Machine.Inventory(1 << 20, new Dictionary<string, string> { ["site"] = "lab" }),
            new()
            {
                RolloutId = "r",
                Ring = "ring",
                Release = Digest.Of([1]),
                Model = "m",
                Version = "1",
                Variant = "int8",
                Manifest = Digest.Of([2]),
                Attempt = 1,
                State = DeviceState.SmokeTesting,
                From = DeviceState.Staged,
                Verified = true,
                Active = default,
                PhaseMs = new Dictionary<string, long> { ["download"] = 1 },
                BytesFetched = 2,
                BytesWhole = 3,
            },
            null);
        var line = JsonSerializer.Serialize(report, ContractsJson.Default.DeviceReport);
        Expect(line.Contains("\"SMOKE_TESTING\"", StringComparison.Ordinal), "device states are not in upper snake case");
        Expect(
            JsonSerializer.Deserialize(line, ContractsJson.Default.DeviceReport)!.Deployment
                is { BytesFetched: 2, BytesWhole: 3 } deployment
                && deployment.PhaseMs!["download"] == 1,
            "a report changes on the way");
        return $"{json.Length + line.Length} characters";
    }

    private static async Task<string> SignatureAsync(CancellationToken cancellationToken)
    {
        using var key = LocalSigningKey.CreateInMemory();
        using var other = LocalSigningKey.CreateInMemory();
        var envelope = await ChannelSigner.SignAsync(SampleChannel(), key, cancellationToken);
        Expect(
            ChannelVerifier.Verify(envelope, key.PublicKey, "stable", DateTimeOffset.UnixEpoch, 1).IsAccepted,
            "a good signature is refused");
        Expect(
            !ChannelVerifier.Verify(envelope, other.PublicKey, "stable", DateTimeOffset.UnixEpoch, 1).IsAccepted,
            "the signature of another key is taken");
        return "ECDSA P-256, good taken, foreign refused";
    }

    private static async Task<string> FreshnessAsync(string folder, CancellationToken cancellationToken)
    {
        using var key = LocalSigningKey.CreateInMemory();
        var (role, later) = (new TufRole([key.PublicKey], 1), DateTimeOffset.UnixEpoch.AddDays(1));
        var root = await TufWriter.RootAsync(1, later, new(role, role, role, role), [key], cancellationToken);
        var release = SampleChannel().Stable!;
        var targets = await TufWriter.TargetsAsync(1, later, [new(release, 3, 2, [])], key, cancellationToken);
        var snapshot = await TufWriter.SnapshotAsync(1, later, targets, key, cancellationToken);
        var timestamp = await TufWriter.TimestampAsync(1, later, snapshot, key, cancellationToken);
        var files = new[] { targets, snapshot, timestamp }.ToDictionary(file => file.Name, file => file.Bytes);
        Task<byte[]?> Fetch(string name, int limit, CancellationToken stop) => Task.FromResult(files.GetValueOrDefault(name));

        var update = await TufClient.UpdateAsync(TufState.Initial(root.Bytes), Fetch, DateTimeOffset.UnixEpoch, cancellationToken);
        Expect(
            update.Releases is [{ Sequence: 3, SecurityFloor: 2 } only] && only.Release == release,
            $"good metadata is refused: {update.Reason}");
        var file = new FreshnessFile(new(Path.Combine(folder, "data")), root.Bytes);
        file.Write(update.State);
        var again = await TufClient.UpdateAsync(file.Read(out var trouble), Fetch, later, cancellationToken);
        Expect(trouble is null && again.ReasonCode == "root-expired", $"expired metadata is taken: {trouble} {again.ReasonCode}");
        return "list taken, kept over a restart, refused when expired";
    }

    private static string StateFileWorks(string folder)
    {
        var path = Path.Combine(folder, "state.json");
        var file = new StateFile(path, 5);
        Expect(file.Load() is null, "an empty folder is not a fresh state");
        var release = new ReleaseRef("m", "1", Digest.Of([1]), 10, Digest.Of([2]));
        var known = new KnownRelease(release, [])
        {
            Listed = new(release, 7, 0, [new(Digest.Of([3]), Digest.Of([4]), new(Digest.Of([5]), 6))]),
        };
        file.Write(
            file.State.Condemn(new(Digest.Of([1]), default, "self-test", DateTimeOffset.UnixEpoch)).Remember(known) with
            {
                Active = Slot.B,
            }
        );
        var again = new StateFile(path, 0);
        Expect(
            again.Load() is null
                && again.State
                    is
                {
                    LastSeq: 5,
                    Active: Slot.B,
                    Condemned: [{ Code: "self-test" }],
                    Known: [{ Listed: { Sequence: 7, Deltas: [{ Delta.Size: 6 }] } }]
                },
            "the state changes on the way");
        return "written, flushed, renamed, read";
    }

    private static async Task<string> DeltaAsync(string folder, CancellationToken cancellationToken)
    {
        var outcome = await TinyDelta.ApplyAsync(Path.Combine(folder, "delta"), cancellationToken);
        Expect(outcome.IsApplied, $"{outcome.ReasonCode}: {outcome.Reason}");
        return "copied, decompressed, added, digest as signed";
    }

    private static string HardLink(string folder)
    {
        var path = Path.Combine(folder, "one");
        File.WriteAllText(path, "x");
        return Filesystem.TryHardLink(path, Path.Combine(folder, "two"))
            ? "works here"
            : "not on this file system: slots are copied";
    }

    private static string RunsTinyModel(string folder)
    {
        var path = Path.Combine(folder, "tiny");
        Directory.CreateDirectory(path);
        File.WriteAllBytes(Path.Combine(path, "model.onnx"), TinyModel.Bytes);
        var outcome = SmokeTester.Run(path, int.MaxValue, CancellationToken.None);
        Expect(outcome.Passed, outcome.Reason);
        var version = OrtEnv.Instance().GetVersionString();
        Expect(version == Machine.OrtVersion, $"the library says {version}, this program was built with {Machine.OrtVersion}");
        return $"{version}; {outcome.Reason}";
    }

    private static async Task<string> SmokeProcessAsync(IReadOnlyList<string> launcher, string folder, CancellationToken cancellationToken)
    {
        var process = new SmokeTrial(launcher, AgentSurroundings.Real().Command, 256 << 20, TimeProvider.System);
        var failure = await process.FailureAsync(Path.Combine(folder, "tiny"), 1, cancellationToken);
        Expect(failure is null, $"{failure?.Code}: {failure?.Reason}");
        Expect((await process.FailureAsync(folder, 1, cancellationToken))?.Code == "no-single-model", "a folder without a model passes");
        return "good passes, missing model fails";
    }

    private static ChannelDocument SampleChannel() =>
        new()
        {
            Schema = 1,
            Channel = "stable",
            Version = 2,
            IssuedAt = DateTimeOffset.UnixEpoch,
            Expires = DateTimeOffset.UnixEpoch.AddDays(1),
            Stable = new("m", "1", Digest.Of([1]), 10, Digest.Of([2])),
            Candidate = new(
                "r",
                new("m", "2", Digest.Of([3]), 10, Digest.Of([4])),
                "salt",
                [new("canary", 0.1, new Dictionary<string, string> { ["site"] = "lab" })],
                5),
            Withdrawn = [Digest.Of([5])],
        };

    private static void Expect(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
