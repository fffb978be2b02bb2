using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Packaging.Channels;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Tests.Tuf;
using SlmOps.Packaging.Tuf;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Tests.Tamper;

/// <summary>
/// Seeded changes to every file of a package and of its metadata: each must be refused with a reason, and nothing may
/// be thrown. The long run is explicit: <c>SlmOps.Packaging.Tests -explicit only -class "*TamperTests"</c>.
/// </summary>
public sealed class TamperTests(ITestOutputHelper output) : IDisposable
{
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();
    private readonly TufFixture _repository = new();

    public void Dispose()
    {
        _key.Dispose();
        _repository.Dispose();
    }

    [Fact]
    public Task Package_AnyChange_IsRefused() => PackageAsync(seed: 1, cases: 250);

    [Fact]
    public Task Metadata_AnyChange_IsRefused() => MetadataAsync(seed: 2, cases: 250);

    [Fact]
    public Task Channel_AnyChange_IsRefused() => ChannelAsync(seed: 3, cases: 250);

    [Fact(Explicit = true)]
    public async Task Everything_TwentyThousandChanges_IsRefused()
    {
        await PackageAsync(Campaign.Seed(11), Campaign.Cases(8000));
        await MetadataAsync(Campaign.Seed(12), Campaign.Cases(6000));
        await ChannelAsync(Campaign.Seed(13), Campaign.Cases(6000));
    }

    private async Task PackageAsync(int seed, int cases)
    {
        var store = new MemoryBlobStore();
        var older = await Samples.ReleaseAsync(store, _key);
        var olderFiles = new Dictionary<Digest, byte[]>(store.Blobs);
        store.Blobs.Clear();
        var release = await Samples.AttestedReleaseAsync(store, _key);
        Assert.True((await PackageVerifier.VerifyAsync(release, store, _key.PublicKey, Stop)).IsAccepted);

        await RunAsync("package", seed, cases, async random =>
        {
            var files = new Dictionary<Digest, byte[]>(store.Blobs);
            var change = random.Next(8) == 0
                ? Replay(files, olderFiles, older.Release, release, random)
                : Mutation.Apply(files, random);
            var verdict = await PackageVerifier.VerifyAsync(release, new MemoryBlobStore { Blobs = files }, _key.PublicKey, Stop);
            return (change, verdict.IsAccepted ? null : verdict.Refusal!.Name);
        });
    }

    private async Task MetadataAsync(int seed, int cases)
    {
        var root = await _repository.RootAsync(1);
        await _repository.PublishAsync(TufFixture.Now, TufFixture.Target(1));
        var older = new Dictionary<string, byte[]>(_repository.Files);
        await _repository.RootAsync(2, null, _repository.RootKeys[1], _repository.RootKeys[2]);
        await _repository.PublishAsync(TufFixture.Now, TufFixture.Target(2));
        var good = new Dictionary<string, byte[]>(_repository.Files);
        var state = TufState.Initial(root.Bytes);
        var current = await _repository.UpdateAsync(state);
        Assert.Null(current.ReasonCode);

        await RunAsync("metadata", seed, cases, async random =>
        {
            // What a client does not fetch it cannot judge: root 1 comes with the device, and the first files are history.
            var files = good.Where(file => file.Key is "timestamp.json" or "2.root.json" or "2.snapshot.json" or "2.targets.json").ToDictionary();
            string? change;
            TufUpdate update;
            if (random.Next(8) == 0)
            {
                files["timestamp.json"] = older["timestamp.json"];
                change = "replay timestamp.json";
                update = await UpdateAsync(current.State, files);
            }
            else
            {
                change = Mutation.Apply(files, random);
                update = await UpdateAsync(state, files);
            }

            // Without its new root a client goes on with the old one, which here still holds.
            return (change == "omit 2.root.json" ? null : change, update.ReasonCode);
        });

        static Task<TufUpdate> UpdateAsync(TufState from, Dictionary<string, byte[]> files) => TufClient.UpdateAsync(
            from,
            (name, limit, _) => Task.FromResult(files.TryGetValue(name, out var bytes) ? bytes[..Math.Min(bytes.Length, limit + 1)] : null),
            TufFixture.Now,
            Stop);
    }

    private async Task ChannelAsync(int seed, int cases)
    {
        var release = new ReleaseRef("pydocs-slm", "1.0.0", Digest.Of("i"u8), 700, Digest.Of("b"u8));
        var document = new ChannelDocument
        {
            Schema = 1,
            Channel = "stable",
            Version = 7,
            IssuedAt = Samples.Created,
            Expires = Samples.Created.AddDays(1),
            Stable = release,
            Withdrawn = [],
        };
        var good = await ChannelSigner.SignAsync(document, _key, Stop);
        var older = await ChannelSigner.SignAsync(document with { Version = 6 }, _key, Stop);
        var foreign = await ChannelSigner.SignAsync(document with { Channel = "beta" }, _key, Stop);

        await RunAsync("channel", seed, cases, random =>
        {
            var files = new Dictionary<string, byte[]> { ["channel"] = good, ["older"] = older, ["foreign"] = foreign };
            var change = Mutation.Apply(files, random);
            var seen = change?.EndsWith("channel", StringComparison.Ordinal) == true ? change : null;
            var bytes = files.GetValueOrDefault("channel", []);
            return Task.FromResult((seen, ChannelVerifier.Verify(bytes, _key.PublicKey, "stable", Samples.Created, 7).ReasonCode));
        });
    }

    /// <summary>Puts a file of an older, well-signed release in the place of one of this release.</summary>
    private static string? Replay(
        Dictionary<Digest, byte[]> files, Dictionary<Digest, byte[]> older, ReleaseRef from, ReleaseRef to, Random random)
    {
        var (place, content) = random.Next(2) == 0 ? (to.Digest, older[from.Digest]) : (to.Signature, older[from.Signature]);
        files[place] = content;
        return $"replay {place}";
    }

    private async Task RunAsync(string what, int seed, int cases, Func<Random, Task<(string? Change, string? Refusal)>> attack)
    {
        var reasons = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var random = new Random(seed);
        for (var count = 0; count < cases;)
        {
            var (change, refusal) = await attack(random);
            if (change is null)
            {
                continue;
            }

            Assert.True(refusal is not null, $"{what}, case {count}: accepted after '{change}'.");
            reasons[refusal] = reasons.GetValueOrDefault(refusal) + 1;
            count++;
        }

        output.WriteLine(
            $"{what}: {cases} changes, all refused: {string.Join(", ", reasons.Select(reason => $"{reason.Key} {reason.Value}"))}");
    }
}
