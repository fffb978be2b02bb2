using SlmOps.Contracts;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>Adaptations of a bench's releases, signed as the pipeline signs them.</summary>
internal static class Adaptations
{
    internal static readonly IReadOnlyDictionary<string, string> Lab = new Dictionary<string, string> { ["site"] = "lab" };
    internal static readonly IReadOnlyDictionary<string, string> Elsewhere = new Dictionary<string, string> { ["site"] = "elsewhere" };

    /// <summary>The manifest of the release's only variant.</summary>
    internal static async Task<Digest> ManifestAsync(this Bench bench, ReleaseRef release) => Assert.Single(ReleaseReader.ReadIndex(
        await bench.Service.Store.ReadAsync(release.Digest, Limits.IndexBytes, CancellationToken.None)).Variants).Manifest;

    /// <summary>An adaptation of a release: adapters by path, patches by the file that they change.</summary>
    internal static async Task<ChannelOverlay> AdaptAsync(
        this Bench bench, ReleaseRef release, string version, IReadOnlyList<(string Path, byte[] Content)> files,
        IReadOnlyDictionary<string, string>? selector = null, bool local = false, LocalSigningKey? key = null, int soakSeconds = 0,
        IReadOnlyList<CompositionLayer>? instead = null, Digest? named = null)
    {
        var layers = new List<CompositionLayer>();
        foreach (var (path, content) in files)
        {
            var blob = await bench.Service.Store.AddAsync(content, CancellationToken.None);
            layers.Add(path.EndsWith(".json", StringComparison.Ordinal) && !path.StartsWith("adapters/", StringComparison.Ordinal)
                ? new CompositionLayer.Config(path, blob)
                : new CompositionLayer.Adapter(path, blob));
        }

        if (local)
        {
            layers.Add(new CompositionLayer.Local());
        }

        var manifest = await bench.ManifestAsync(release);
        var composition = new Composition(manifest, instead ?? layers);
        var envelope = await bench.Service.Store.AddAsync(
            await composition.SignAsync(key ?? bench.ReleaseKey, CancellationToken.None),
            CancellationToken.None);
        return new(
            "site",
            version,
            selector ?? Lab,
            soakSeconds,
            local,
            [new(manifest, named ?? composition.Identity, envelope.Digest, envelope.Size)]);
    }

    internal static Task PublishAsync(
        this Bench bench,
        ReleaseRef? stable,
        IReadOnlyList<ChannelOverlay> adaptations,
        RolloutOffer? candidate = null,
        params Digest[] withdrawn) =>
        bench.PublishAsync(
            new ChannelDocument
            {
                Schema = 1,
                Channel = "stable",
                Version = bench.NextVersion(),
                IssuedAt = bench.Clock.GetUtcNow(),
                Expires = bench.Clock.GetUtcNow().AddDays(7),
                Stable = stable,
                Candidate = candidate,
                Withdrawn = withdrawn,
                Overlays = adaptations,
            }
        );

    internal static Digest Composition(this ChannelOverlay adaptation) => Assert.Single(adaptation.Compositions).Composition;
}
