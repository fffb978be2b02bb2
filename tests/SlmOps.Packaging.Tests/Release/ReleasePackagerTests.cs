using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Tests.Release;

public sealed class ReleasePackagerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderBlobStore _store;
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();

    public ReleasePackagerTests() => _store = new(_folder.Root);

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task WriteAsync_Release_VerifiesAndReadsBack()
    {
        var (release, variants) = await Samples.ReleaseAsync(_store, _key);

        var index = await _store.ReadAsync(release.Digest, Limits.IndexBytes, Stop);
        var bundle = await _store.ReadAsync(release.Signature, Limits.BundleBytes, Stop);
        var verdict = ReleaseVerifier.VerifyIndex(index, bundle, _key.PublicKey, release);
        var content = ReleaseReader.ReadIndex(index);

        Assert.True(verdict.IsAccepted, verdict.Refusal?.Reason);
        Assert.Equal(
            ["index-size", "index-digest", "bundle-digest", "signature", "statement", "index-content"],
            verdict.Checks.Select(check => check.Name));
        Assert.Equal<(ModelName, ModelVersion, DateTimeOffset)>(
            ("pydocs-slm", "1.0.0", Samples.Created),
            (content.Model, content.Version, content.CreatedAt));
        Assert.Equal(["fp32", "int4"], content.Variants.Select(variant => variant.Name));
        Assert.Equal(variants[0] with { Needs = content.Variants[1].Needs }, content.Variants[1]);
        Assert.Equal(Samples.Needs.InstructionSets, content.Variants[1].Needs.InstructionSets);
        Assert.Equal(Samples.Needs.RamBytes, content.Variants[1].Needs.RamBytes);
    }

    [Fact]
    public async Task WriteAsync_Twice_GivesTheSameIndexAndAnotherSignature()
    {
        var (first, variants) = await Samples.ReleaseAsync(_store, _key);

        var second = await ReleasePackager.WriteAsync("pydocs-slm", "1.0.0", Samples.Created, [.. variants.Reverse()], _store, _key, Stop);

        Assert.Equal(first.Digest, second.Digest);
        Assert.NotEqual(first.Signature, second.Signature);
    }

    [Fact]
    public async Task WriteAsync_OtherFolderTimeZoneAndOrder_GivesTheSameIndex()
    {
        var (first, _) = await Samples.ReleaseAsync(_store, _key);
        var elsewhere = Samples.Created.ToOffset(TimeSpan.FromHours(5.5));
        var store = new FolderBlobStore(_folder["elsewhere"]);
        using var small = Samples.ModelFolder(1);
        using var large = Samples.ModelFolder(2);
        var packed = await Task.WhenAll(
            VariantPackager.PackAsync(large.Root, Samples.Description("fp32") with { CreatedAt = elsewhere }, store, Stop),
            VariantPackager.PackAsync(small.Root, Samples.Description("int4") with { CreatedAt = elsewhere }, store, Stop));

        var second = await ReleasePackager.WriteAsync("pydocs-slm", "1.0.0", elsewhere, packed, store, _key, Stop);

        Assert.Equal(first.Digest, second.Digest);
    }

    [Fact]
    public async Task WriteAsync_ManifestOfAnotherModel_IsRefused()
    {
        var (_, variants) = await Samples.ReleaseAsync(_store, _key);

        var exception = await Assert.ThrowsAsync<PackageFormatException>(() =>
            ReleasePackager.WriteAsync("other", "1.0.0", Samples.Created, variants, _store, _key, Stop));

        Assert.Equal("wrong-manifest", exception.Code);
    }

    [Fact]
    public async Task VerifyIndex_AnythingElseThanExpected_NamesTheFailedCheckAndSkipsTheRest()
    {
        var (release, _) = await Samples.ReleaseAsync(_store, _key);
        var index = await _store.ReadAsync(release.Digest, Limits.IndexBytes, Stop);
        var bundle = await _store.ReadAsync(release.Signature, Limits.BundleBytes, Stop);
        using var foreign = LocalSigningKey.CreateInMemory();
        byte[] flipped = [.. index];
        flipped[100] ^= 1;

        string? Refusal(byte[] candidate, byte[] signature, PublicKey key, ReleaseRef expected)
        {
            var verdict = ReleaseVerifier.VerifyIndex(candidate, signature, key, expected);
            Assert.False(verdict.IsAccepted);
            Assert.DoesNotContain(
                verdict.Checks.SkipWhile(check => check != verdict.Refusal).Skip(1),
                check => check.Outcome != CheckOutcome.Skipped);
            return verdict.Refusal?.Name;
        }

        Assert.Equal("index-size", Refusal(index[..^1], bundle, _key.PublicKey, release));
        Assert.Equal("index-digest", Refusal(flipped, bundle, _key.PublicKey, release));
        Assert.Equal("bundle-digest", Refusal(index, index, _key.PublicKey, release));
        Assert.Equal("signature", Refusal(index, bundle, foreign.PublicKey, release));
        Assert.Equal("statement", Refusal(index, bundle, _key.PublicKey, release with { Version = "1.0.1" }));
        // A signed statement over another index: the replay of an older release.
        Assert.Equal("statement", Refusal(flipped, bundle, _key.PublicKey, release with { Digest = Digest.Of(flipped) }));
    }

    [Fact]
    public async Task VerifyManifest_OtherOffer_IsRefused()
    {
        var (_, variants) = await Samples.ReleaseAsync(_store, _key);
        var manifest = await _store.ReadAsync(variants[0].Manifest, Limits.ManifestBytes, Stop);

        string? Refusal(string model, VariantOffer offer) => ReleaseVerifier.VerifyManifest(manifest, model, "1.0.0", offer).Refusal?.Name;

        Assert.Null(Refusal("pydocs-slm", variants[0]));
        Assert.Equal("manifest-content", Refusal("other", variants[0]));
        Assert.Equal("manifest-content", Refusal("pydocs-slm", variants[0] with { Name = "fp32" }));
        Assert.Equal("manifest-bytes", Refusal("pydocs-slm", variants[0] with { Bytes = 1 }));
        Assert.Equal("manifest-size", Refusal("pydocs-slm", variants[1] with { ManifestSize = 1 }));
        Assert.Equal("manifest-digest", Refusal("pydocs-slm", variants[0] with { Manifest = Digest.Of("x"u8) }));
    }
}
