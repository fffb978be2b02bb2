using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Slots;

/// <summary>The file <c>current.json</c>: what the device runs, for whoever serves it. Replacing it is the switch.</summary>
/// <param name="Schema">Format version, 1.</param>
/// <param name="Folder">Folder of the model, relative to the data folder.</param>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="Variant">Variant name.</param>
/// <param name="Manifest">Manifest digest.</param>
/// <param name="Release">Index digest.</param>
internal sealed record CurrentModel(
    int Schema, string Folder, ModelName Model, ModelVersion Version, string Variant, Digest Manifest, Digest Release)
{
    private const int MaxBytes = 64 << 10;

    /// <summary>Digest of the composition over the variant, or default; <c>composition.json</c> in the folder says the rest.</summary>
    public Digest Composition { get; init; }

    /// <summary>Digest of the signed local layer that is part of it, or default.</summary>
    public Digest LocalLayer { get; init; }

    internal static CurrentModel? Read(DataFolder folder)
    {
        try
        {
            return DurableFile.Read(folder.Current, MaxBytes, out _) is { } bytes
                ? JsonSerializer.Deserialize(bytes, SlotJson.Default.CurrentModel)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>How the file names a slot's folder.</summary>
    internal static string NameOf(DataFolder folder, Slot slot) =>
        Path.GetRelativePath(folder.Root, folder.SlotFolder(slot)).Replace('\\', '/');

    /// <summary>Makes the file say what the state says; nothing is written when it does already.</summary>
    internal static void Write(DataFolder folder, Slot? slot, SlotContent? content)
    {
        if (slot is not { } active || content is null)
        {
            DiskPath.Remove(folder.Current);
            return;
        }

        var current = new CurrentModel(
            1,
            NameOf(folder, active),
            content.Release.Model,
            content.Release.Version,
            content.Variant.Name,
            content.Variant.Manifest,
            content.Release.Digest)
        {
            Composition = content.Adaptation?.Composition ?? default,
            LocalLayer = content.Adaptation?.Local ?? default,
        };
        if (Read(folder) != current)
        {
            DurableFile.Write(folder.Current, JsonSerializer.SerializeToUtf8Bytes(current, SlotJson.Default.CurrentModel));
        }
    }
}
