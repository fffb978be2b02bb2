using SlmOps.Contracts;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Compositions;

/// <summary>What became of a device's local layer.</summary>
public enum LocalLayerStatus
{
    /// <summary>There is none, or the composition has no room for one.</summary>
    None,

    /// <summary>It is part of what runs.</summary>
    Active,

    /// <summary>It was made for another base. It is kept, and is active again when that base is.</summary>
    DisabledOtherBase,

    /// <summary>The device's key did not sign it.</summary>
    DisabledUntrusted,
}

/// <summary>A file of what runs.</summary>
/// <param name="Path">Where it goes.</param>
/// <param name="Content">The blob.</param>
/// <param name="Patches">Merge patches over it, in order; empty for a file as it is.</param>
public sealed record ComposedFile(string Path, BlobRef Content, IReadOnlyList<BlobRef> Patches);

/// <summary>What a device puts into a slot, or why it cannot.</summary>
/// <param name="Files">The files by path; null after a refusal.</param>
/// <param name="Local">What became of the local layer.</param>
/// <param name="ReasonCode">Null, or <c>bad-signature</c>, <c>malformed</c>, <c>other-base</c>, <c>path-conflict</c>, <c>missing-file</c>.</param>
/// <param name="Reason">The reason in one sentence.</param>
public sealed record ComposedModel(IReadOnlyList<ComposedFile>? Files, LocalLayerStatus Local, string? ReasonCode, string? Reason);

/// <summary>Decides which files a composition stands for. Pure.</summary>
public static class CompositionResolver
{
    /// <summary>Resolves a signed composition over its base.</summary>
    /// <param name="envelope">The signed composition.</param>
    /// <param name="key">The key that may sign compositions.</param>
    /// <param name="baseDigest">Digest of the base's manifest.</param>
    /// <param name="basis">The base.</param>
    /// <param name="localEnvelope">The signed local layer of this device, or null.</param>
    /// <param name="deviceKey">The device's key; null for a device that has none, and so trusts no local layer.</param>
    public static ComposedModel Resolve(
        ReadOnlySpan<byte> envelope, PublicKey key, Digest baseDigest, VariantManifest basis, byte[]? localEnvelope, PublicKey? deviceKey)
    {
        var signed = Dsse.Verify(envelope, Composition.MediaType, key);
        if (!signed.IsValid)
        {
            return Refuse(signed.ReasonCode == "malformed" ? "malformed" : "bad-signature", signed.Reason!);
        }

        try
        {
            var composition = Composition.Read(signed.Payload);
            return composition.Base == baseDigest
                ? Resolve(composition, basis, localEnvelope, deviceKey)
                : Refuse("other-base", $"The composition is for {composition.Base}; the base is {baseDigest}.");
        }
        catch (PackageFormatException exception)
        {
            return Refuse("malformed", exception.Message);
        }
    }

    private static ComposedModel Resolve(Composition composition, VariantManifest basis, byte[]? localEnvelope, PublicKey? deviceKey)
    {
        var files = basis.Files.ToDictionary(
            file => file.Path, file => new ComposedFile(file.Path, new(file.Digest, file.Size), []), StringComparer.OrdinalIgnoreCase);
        var local = LocalLayerStatus.None;
        foreach (var layer in composition.Layers)
        {
            switch (layer)
            {
                case CompositionLayer.Adapter adapter when !files.TryAdd(adapter.Path, new(adapter.Path, adapter.Blob, [])):
                    return Refuse("path-conflict", $"The base has a file '{adapter.Path}' already; an adapter may only add.");
                case CompositionLayer.Config config when !files.TryGetValue(config.Path, out _):
                    return Refuse("missing-file", $"The base has no file '{config.Path}' to patch.");
                case CompositionLayer.Config config:
                    files[config.Path] = files[config.Path] with { Patches = [.. files[config.Path].Patches, config.Blob] };
                    break;
                case CompositionLayer.Local when localEnvelope is not null:
                    local = AddLocal(localEnvelope, deviceKey, composition.Base, files);
                    break;
            }
        }

        return FindFault(files.Values) is { } fault
            ? Refuse("path-conflict", fault.Message)
            : new([.. files.Values.OrderBy(file => file.Path, StringComparer.Ordinal)], local, null, null);
    }

    /// <summary>The composed set keeps the rules of a variant's: an adapter must not need a folder where the base has a file.</summary>
    private static PackageFormatException? FindFault(IEnumerable<ComposedFile> files) =>
        FileSet.FindFault([
            .. files
                .OrderBy(file => file.Path, StringComparer.Ordinal)
                .Select(file => new PackageFile(file.Path, file.Content.Digest, file.Content.Size)),
        ]);

    /// <summary>A local layer that does not fit never stops the model: it is left out, and stays where it is.</summary>
    private static LocalLayerStatus AddLocal(byte[] envelope, PublicKey? deviceKey, Digest basis, Dictionary<string, ComposedFile> files)
    {
        if (deviceKey is null || LocalLayer.Open(envelope, deviceKey) is not { } layer)
        {
            return LocalLayerStatus.DisabledUntrusted;
        }

        if (layer.Base != basis)
        {
            return LocalLayerStatus.DisabledOtherBase;
        }

        // It may only add: a file that is there already stays.
        var added = layer
            .Files.Where(file => !files.ContainsKey(file.Path))
            .Select(file => new ComposedFile(file.Path, new(file.Digest, file.Size), []))
            .ToList();
        if (FindFault(files.Values.Concat(added)) is not null)
        {
            return LocalLayerStatus.DisabledUntrusted;
        }

        added.ForEach(file => files.Add(file.Path, file));
        return LocalLayerStatus.Active;
    }

    private static ComposedModel Refuse(string code, string reason) => new(null, LocalLayerStatus.None, code, reason);
}
