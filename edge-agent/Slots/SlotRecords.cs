using System.Text.Json;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Slots;

/// <summary>Keeps the records beside the slots as the journal has them.</summary>
internal sealed class SlotRecords(DataFolder folder, ComposedFiles composed)
{
    private const long MaxBytes = 4 << 20;

    // What the journal says of a slot, not what a deployment says: a state that changed elsewhere writes nothing.
    private readonly Dictionary<Slot, (SlotContent Content, ReleaseFloor Floor)> _kept = [];

    /// <summary>The record of a slot; null when there is none that can be read.</summary>
    internal SlotRecord? Read(Slot slot)
    {
        try
        {
            return DurableFile.Read(folder.SlotRecord(slot), MaxBytes, out _) is { } bytes && SealedJson.Holds(bytes)
                && JsonSerializer.Deserialize(bytes, SlotJson.Default.SlotRecord) is { Schema: SlotRecord.CurrentSchema } record
                ? record
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes what changed since the last time.</summary>
    internal async Task KeepAsync(AgentState state, CancellationToken cancellationToken)
    {
        foreach (var slot in Enum.GetValues<Slot>())
        {
            if (state[slot] is not { } content)
            {
                DiskPath.Remove(folder.SlotRecord(slot));
                _kept.Remove(slot);
                continue;
            }

            var floor = state.FloorOf(content.Release.Model);
            if (_kept.GetValueOrDefault(slot) != (content, floor) && await FilesAsync(slot, content, cancellationToken) is { } files)
            {
                var record = new SlotRecord(SlotRecord.CurrentSchema, content, files, floor);
                DurableFile.Write(
                    folder.SlotRecord(slot),
                    SealedJson.Seal(JsonSerializer.SerializeToUtf8Bytes(record, SlotJson.Default.SlotRecord)));
                _kept[slot] = (content, floor);
            }
        }
    }

    /// <summary>The files of a slot: from its record, else from what was signed; null when neither can be read.</summary>
    internal async Task<IReadOnlyList<PackageFile>?> FilesAsync(Slot slot, SlotContent content, CancellationToken cancellationToken)
    {
        if (Read(slot) is { } record && record.Content.Variant.Manifest == content.Variant.Manifest
            && AdaptationPick.Same(record.Content.Adaptation, content.Adaptation))
        {
            return record.Files;
        }

        try
        {
            var (files, _) = await composed.FilesAsync(content.Variant, content.Adaptation, cancellationToken);
            return files?.Select(file => new PackageFile(file.Path, file.Digest, file.Size)).ToList();
        }
        catch (Exception exception) when (exception is FileNotFoundException or PackageFormatException)
        {
            return null;
        }
    }
}
