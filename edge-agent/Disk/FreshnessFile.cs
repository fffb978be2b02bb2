using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Disk;

/// <summary>The freshness metadata between updates, in a file of its own because it is larger than the journal.</summary>
internal sealed class FreshnessFile(DataFolder folder, byte[] firstRoot)
{
    // Targets, snapshot, timestamp and root at their largest, in Base64.
    private const long MaxBytes = 16 << 20;
    private readonly Digest _origin = Digest.Of(firstRoot);

    /// <summary>
    /// What was kept. A file that cannot be read is put aside, one that began with another root than trust.json names is left alone:
    /// the device begins with its first root again, and its floors in the journal still hold.
    /// </summary>
    internal TufState Read(out string? trouble)
    {
        trouble = null;
        try
        {
            var bytes = DurableFile.Read(folder.Freshness, MaxBytes, out trouble);
            if (bytes is null && trouble is null)
            {
                return TufState.Initial(firstRoot);
            }

            if (bytes is null || !SealedJson.Holds(bytes))
            {
                throw new InvalidDataException(trouble ?? "it is not what was written");
            }

            var record = JsonSerializer.Deserialize(bytes, StateJson.Default.FreshnessRecord);
            if (record is { Schema: FreshnessRecord.CurrentSchema } && record.Origin == _origin)
            {
                // Also what the disk gives back must be what was written.
                TufRoot.Read(record.Trusted.Root);
                TufVersions.Of(record.Trusted);
                return record.Trusted;
            }

            trouble = record?.Origin == _origin ? "it is of another format" : "trust.json names another root now";
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException or PackageFormatException)
        {
            trouble = exception.Message;
            DiskPath.PutAside(folder.Freshness);
        }

        return TufState.Initial(firstRoot);
    }

    internal void Write(TufState trusted) =>
        DurableFile.Write(
            folder.Freshness,
            SealedJson.Seal(
                JsonSerializer.SerializeToUtf8Bytes(new(FreshnessRecord.CurrentSchema, _origin, trusted), StateJson.Default.FreshnessRecord)
            ));
}
