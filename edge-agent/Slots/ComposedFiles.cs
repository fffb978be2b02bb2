using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Signing;

namespace SlmOps.EdgeAgent.Slots;

/// <summary>
/// Which files a variant with a composition over it stands for. Everything comes from the store and is checked there, so
/// that the same answer can be had again long after, when a slot is to be trusted once more.
/// </summary>
internal sealed class ComposedFiles(ContentStore store, PublicKey releaseKey, LocalLayers local)
{
    /// <summary>The blobs of a composition as they go into a slot, patches not applied yet; null and why, when it does not hold.</summary>
    internal async Task<(ResolvedComposition? Resolved, Failure? Failure)> ResolveAsync(
        VariantOffer variant,
        AdaptationPick adaptation,
        CancellationToken cancellationToken)
    {
        try
        {
            var manifest = await store.ReadManifestAsync(new(variant.Manifest, variant.ManifestSize), cancellationToken);
            var envelope = await store.ReadAsync(adaptation.Envelope, Composition.MaxEnvelopeBytes, cancellationToken);
            var localEnvelope = adaptation.Local.IsEmpty
                ? null
                : await store.ReadAsync(adaptation.Local, LocalLayer.MaxEnvelopeBytes, cancellationToken);
            var payload = Dsse.Verify(envelope, Composition.MediaType, releaseKey).Payload;
            if (payload is not null && Digest.Of(payload) != adaptation.Composition)
            {
                return (null, Refused("other", $"It is {Digest.Of(payload)}; the channel names {adaptation.Composition}."));
            }

            var model = CompositionResolver.Resolve(
                envelope,
                releaseKey,
                variant.Manifest,
                manifest,
                localEnvelope,
                localEnvelope is null ? null : local.Key);
            return model.Files is null ? (null, Refused(model.ReasonCode!, model.Reason!))
                : localEnvelope is not null && model.Local != LocalLayerStatus.Active
                    ? (null, Refused("local-layer", $"The local layer is {model.Local}."))
                : (new(model.Files, Composition.Read(payload).Layers), null);
        }
        catch (Exception exception) when (exception is FileNotFoundException or PackageFormatException)
        {
            return (null, new(FailureKind.Attempt, "stored-blob-damaged", exception.Message));
        }
    }

    /// <summary>The files of a slot.</summary>
    internal async Task<(IReadOnlyList<SlotFile>? Files, Failure? Failure)> FilesAsync(
        VariantOffer variant,
        AdaptationPick? adaptation,
        CancellationToken cancellationToken)
    {
        if (adaptation is null)
        {
            var manifest = await store.ReadManifestAsync(new(variant.Manifest, variant.ManifestSize), cancellationToken);
            return ([.. manifest.Files.Select(file => new SlotFile(file.Path, file.Digest, file.Size))], null);
        }

        var (resolved, failure) = await ResolveAsync(variant, adaptation, cancellationToken);
        if (resolved is null)
        {
            return (null, failure);
        }

        if (resolved.Files.Any(file => file.Path.Equals(SlotDescription.FileName, StringComparison.OrdinalIgnoreCase)))
        {
            return (null, Refused("path-conflict", $"The variant has a file '{SlotDescription.FileName}' of its own."));
        }

        var files = new List<SlotFile> { SlotFile.Made(SlotDescription.FileName, Describe(variant, adaptation, resolved).Write()) };
        foreach (var file in resolved.Files)
        {
            var (made, refused) = await PatchAsync(file, cancellationToken);
            if (made is null)
            {
                return (null, refused);
            }

            files.Add(made);
        }

        return (files, null);
    }

    private async Task<(SlotFile? File, Failure? Failure)> PatchAsync(ComposedFile file, CancellationToken cancellationToken)
    {
        if (file.Patches.Count == 0)
        {
            return (new(file.Path, file.Content.Digest, file.Content.Size), null);
        }

        try
        {
            var content = await store.ReadAsync(file.Content.Digest, ConfigOverlay.MaxBytes, cancellationToken);
            foreach (var patch in file.Patches)
            {
                var change = await store.ReadAsync(patch.Digest, ConfigOverlay.MaxBytes, cancellationToken);
                var patched = ConfigOverlay.Apply(content, change, ConfigOverlay.DefaultKeys);
                if (patched.Content is null)
                {
                    return (null, Refused(patched.ReasonCode!, $"'{file.Path}': {patched.Reason}"));
                }

                content = patched.Content;
            }

            return (SlotFile.Made(file.Path, content), null);
        }
        catch (Exception exception) when (exception is FileNotFoundException or PackageFormatException)
        {
            return exception is PackageFormatException { Code: "too-large" }
                ? (null, Refused("too-large", $"'{file.Path}': {exception.Message}"))
                : (null, new(FailureKind.Attempt, "stored-blob-damaged", exception.Message));
        }
    }

    private static SlotDescription Describe(VariantOffer variant, AdaptationPick adaptation, ResolvedComposition resolved) =>
        new(
            1,
            variant.Manifest,
            adaptation.Composition,
            adaptation.Name,
            adaptation.Version,
            [.. resolved.Layers.OfType<CompositionLayer.Adapter>().Select(layer => layer.Path).Where(IsAdapter)],
            [
                .. resolved
                    .Files.Select(file => file.Path)
                    .Where(path => path.StartsWith(CompositionLayer.Local.Folder, StringComparison.Ordinal) && IsAdapter(path)),
            ]);

    private static bool IsAdapter(string path) => path.EndsWith(SlotDescription.AdapterEnding, StringComparison.Ordinal);

    // What the release key signed, or failed to, is the same at every try; the variant under it is not to blame.
    private static Failure Refused(string code, string reason) =>
        new(FailureKind.Condemning, $"composition-{code}", $"The composition does not hold: {reason}");
}
