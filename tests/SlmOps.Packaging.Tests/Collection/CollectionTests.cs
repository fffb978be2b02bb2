using SlmOps.Contracts;
using SlmOps.Packaging.Collection;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Tests.Collection;

public sealed class CollectionTests : IDisposable
{
    private static readonly DateTimeOffset Now = Samples.Created;
    private readonly TemporaryFolder _folder = new();
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Make_TwoReleasesOneKept_DeletesOnlyWhatTheOtherAloneNeeds()
    {
        var store = new FolderBlobStore(_folder.Root);
        var kept = await Samples.AttestedReleaseAsync(store, _key);
        using var model = Samples.ModelFolder().With("weights/L00.bin", "other weights");
        var offer = await VariantPackager.PackAsync(model.Root, Samples.Description() with { Version = "2.0.0" }, store, Stop);
        var dropped = await ReleasePackager.WriteAsync("pydocs-slm", "2.0.0", Now, [offer], store, _key, Stop);
        var droppedContents = await ReleaseContents.ReadAsync(dropped, store, Stop);

        var plan = GarbagePlan.Make(
            Stored(Now.AddDays(-2)),
            await ReachableBlobs.FindAsync([kept], [], store, Stop),
            Now,
            TimeSpan.FromDays(1));
        foreach (var blob in plan.Delete)
        {
            File.Delete(store.PathOf(blob.Digest));
        }

        // Index, bundle, manifest and config of the second release, and the one file that only it has.
        Assert.Equal(5, plan.Delete.Count);
        Assert.All(plan.Delete, blob => Assert.Contains(droppedContents.Blobs, one => one.Digest == blob.Digest));
        Assert.True((await PackageVerifier.VerifyAsync(kept, store, _key.PublicKey, Stop)).IsAccepted);
    }

    [Fact]
    public async Task Find_Adaptations_KeepsEnvelopeAdapterAndPatch()
    {
        IBlobStore store = new FolderBlobStore(_folder.Root);
        var adapter = await store.AddAsync("adapter"u8.ToArray(), Stop);
        var patch = await store.AddAsync("{}"u8.ToArray(), Stop);
        var composition = new Composition(
            Digest.Of("base"u8),
            [
                new CompositionLayer.Adapter("adapters/a.onnx_adapter", adapter),
                new CompositionLayer.Config("config.json", patch),
                new CompositionLayer.Local(),
            ]);
        var envelope = await store.AddAsync(await composition.SignAsync(_key, Stop), Stop);
        var overlay = new ChannelOverlay(
            "lab",
            "1",
            new Dictionary<string, string>(),
            60,
            true,
            [new(composition.Base, composition.Identity, envelope.Digest, envelope.Size)]);

        var kept = await ReachableBlobs.FindAsync([overlay], store, Stop);

        Assert.Equal(new HashSet<Digest> { envelope.Digest, adapter.Digest, patch.Digest }, kept);
    }

    [Fact]
    public void Make_YoungBlob_Stays()
    {
        var (old, young) = (Blob("a", -2), Blob("b", 0));

        var plan = GarbagePlan.Make([old, young], new HashSet<Digest>(), Now, TimeSpan.FromDays(1));

        Assert.Equal([old], plan.Delete);
        Assert.Equal([young], plan.Young);
        Assert.Equal(7, plan.FreedBytes);
    }

    [Fact]
    public void Make_KeptBlobMissing_DeletesNothingAndNamesIt()
    {
        var plan = GarbagePlan.Make([Blob("a", -2)], new HashSet<Digest> { Digest.Of("gone"u8) }, Now, TimeSpan.FromDays(1));

        Assert.Empty(plan.Delete);
        Assert.Equal([Digest.Of("gone"u8)], plan.Missing);
    }

    [Fact]
    public async Task FindAsync_DeltaToAKeptVariant_IsKept()
    {
        var store = new FolderBlobStore(_folder.Root);
        using var old = new TemporaryFolder().With("model.bin", new byte[5000]);
        using var wanted = new TemporaryFolder().With("model.bin", [1, .. new byte[4999]]);
        var from = (await VariantPackager.PackAsync(old.Root, Samples.Description(), store, Stop)).Manifest;
        var offer = await VariantPackager.PackAsync(wanted.Root, Samples.Description(), store, Stop);
        var release = await ReleasePackager.WriteAsync("pydocs-slm", "1.0.0", Now, [offer], store, _key, Stop);
        var delta = await DeltaPackager.WriteAsync(from, offer.Manifest, store, Stop);

        var kept = await ReachableBlobs.FindAsync([release], [delta!], store, Stop);

        Assert.Contains(delta!.Delta.Digest, kept);
        Assert.DoesNotContain(from, kept);
        // Manifest, config and file of the variant that is no longer released.
        Assert.Equal(3, Stored(Now).Count(blob => !kept.Contains(blob.Digest)));
    }

    [Fact]
    public void Keep_ChannelsDevicesAndTheNewest_Stay()
    {
        static RetainedRelease R(string model, int day) =>
            new(new(model, $"1.{day}", Digest.Of([(byte)day, (byte)model[0]]), 1, Digest.Of("b"u8)), Now.AddDays(day));
        RetainedRelease[] all = [R("a", 1), R("a", 2), R("a", 3), R("a", 4), R("b", 1)];

        var kept = ReleaseRetention.Keep(
            all, new HashSet<Digest> { all[0].Release.Digest }, new HashSet<Digest> { all[2].Release.Digest }, newest: 1);

        Assert.Equal(["a 1.4", "a 1.3", "a 1.1", "b 1.1"], kept.Select(release => $"{release.Model} {release.Version}"));
    }

    private static StoredBlob Blob(string content, int days) =>
        new(Digest.Of(System.Text.Encoding.UTF8.GetBytes(content)), 7, Now.AddDays(days));

    private List<StoredBlob> Stored(DateTimeOffset writtenAt) =>
    [
        .. new DirectoryInfo(_folder["blobs/sha256"]).GetFiles()
            .Select(file => new StoredBlob(Digest.Parse($"sha256:{file.Name}"), file.Length, writtenAt)),
    ];
}
