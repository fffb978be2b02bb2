using System.Security.Cryptography;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.EdgeAgent.Slots;

/// <summary>The device's own layer as it lies in the data folder. The agent reads it and never changes it.</summary>
internal sealed class LocalLayers(DataFolder folder)
{
    /// <summary>The public half of the device's key; null while it has none, or others can read it.</summary>
    internal PublicKey? Key
    {
        get
        {
            try
            {
                if (DiskPath.KindOf(folder.DeviceKey) != PathKind.File)
                {
                    return null;
                }

                using var key = LocalSigningKey.LoadOrCreate(folder.DeviceKey);
                return key.PublicKey;
            }
            catch (Exception exception)
                when (exception
                        is InvalidOperationException
                            or PackageFormatException
                            or IOException
                            or UnauthorizedAccessException
                            or CryptographicException)
            {
                return null;
            }
        }
    }

    /// <summary>The layer, and the digest of its signed form; null when there is none that the device's key signed.</summary>
    internal (LocalLayer Layer, LocalPin Pin)? Find()
    {
        var envelope = Read();
        return envelope is not null && Key is { } key && LocalLayer.Open(envelope, key) is { } layer
            ? (layer, new(Digest.Of(envelope), envelope.Length, layer.Base))
            : null;
    }

    /// <summary>What became of the layer, as reports say it.</summary>
    internal string StateOf(AgentState state)
    {
        if (DiskPath.KindOf(folder.LocalLayer) == PathKind.Missing)
        {
            return LocalLayerStates.None;
        }

        var active = state.ActiveContent;
        return Find()?.Pin switch
        {
            null => LocalLayerStates.DisabledUntrusted,
            { } pin when active?.Variant.Manifest != pin.Base => LocalLayerStates.DisabledOtherBase,
            { } pin when active.Adaptation?.Local == pin.Envelope => LocalLayerStates.Active,
            { } pin when state.CondemnedCompositions.Any(one => one.Local == pin.Envelope) => LocalLayerStates.DisabledFailed,
            { } pin when state.Deployment?.Adaptation?.Local == pin.Envelope => LocalLayerStates.Pending,
            _ => LocalLayerStates.DisabledNoRoom,
        };
    }

    /// <summary>Brings the layer's files into the store, where slots are made from.</summary>
    internal async Task<Failure?> ImportAsync(AdaptationPick adaptation, ContentStore store, CancellationToken cancellationToken)
    {
        if (adaptation.Local.IsEmpty)
        {
            return null;
        }

        var envelope = Read();
        if (envelope is null || Digest.Of(envelope) != adaptation.Local || Find() is not { } found)
        {
            return new(FailureKind.Attempt, "local-layer-changed", "The local layer was changed meanwhile.");
        }

        try
        {
            return await ImportAsync(found.Layer, adaptation, envelope, store, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return new(FailureKind.Attempt, "local-layer-not-read", exception.Message);
        }
    }

    private async Task<Failure?> ImportAsync(
        LocalLayer layer,
        AdaptationPick adaptation,
        byte[] envelope,
        ContentStore store,
        CancellationToken cancellationToken)
    {
        foreach (var file in layer.Files.DistinctBy(file => file.Digest))
        {
            var blob = new BlobRef(file.Digest, file.Size);
            var source = Path.Combine(folder.LocalFiles, file.Digest.Hex);
            if (store.Has(blob))
            {
                continue;
            }

            if (await ContentStore.FindDamageAsync(source, blob, cancellationToken) is { } damage)
            {
                return new(FailureKind.Condemning, "local-layer-damaged", $"{file.Path}: {damage}.");
            }

            using var content = File.OpenRead(source);
            await store.AddAsync(blob, content, cancellationToken);
        }

        using var signed = new MemoryStream(envelope);
        await store.AddAsync(new(adaptation.Local, envelope.Length), signed, cancellationToken);
        return null;
    }

    private byte[]? Read() => DurableFile.Read(folder.LocalLayer, LocalLayer.MaxEnvelopeBytes, out _);
}
