using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Signing;

namespace SlmOps.Pipeline.Repository;

/// <summary>What came of writing a state's files.</summary>
/// <param name="Timestamp">The timestamp to publish, or null.</param>
/// <param name="Foreign">Name of a file that holds something else, or null.</param>
internal sealed record WrittenMetadata(TufFile? Timestamp, string? Foreign);

/// <summary>
/// Writes the files of a state, targets before snapshot, and makes the timestamp that names them. A file that another
/// instance or a life before wrote has another random signature; its bytes are the ones that count.
/// </summary>
internal sealed class MetadataWriter(MetadataFiles files, SigningKeys keys)
{
    internal async Task<WrittenMetadata> WriteAsync(RepositoryState state, CancellationToken cancellationToken)
    {
        var head = state.Head;
        var release = await keys.ReleaseAsync(cancellationToken).ConfigureAwait(false);
        var online = await keys.OnlineAsync(cancellationToken).ConfigureAwait(false);
        var targetsDraft = TufWriter.Targets(head.Targets.Version, head.Targets.Expires, state.Listed);
        if (await WriteOnceAsync(targetsDraft, release, cancellationToken).ConfigureAwait(false) is not { } targets)
        {
            return new(null, targetsDraft.Name);
        }

        var snapshotDraft = TufWriter.Snapshot(head.Snapshot.Version, head.Snapshot.Expires, targets);
        if (await WriteOnceAsync(snapshotDraft, online, cancellationToken).ConfigureAwait(false) is not { } snapshot)
        {
            return new(null, snapshotDraft.Name);
        }

        return new(
            await TufWriter
                .TimestampAsync(head.Timestamp.Version, head.Timestamp.Expires, snapshot, online, cancellationToken)
                .ConfigureAwait(false),
            null);
    }

    /// <summary>The file as it is stored now, or null when something else has its name.</summary>
    private async Task<TufFile?> WriteOnceAsync(TufDraft draft, ISigningKey key, CancellationToken cancellationToken)
    {
        var existing = await files.ReadAsync(draft.Name, TufFileName.MaxBytes, cancellationToken).ConfigureAwait(false);
        if (existing is null)
        {
            var signed = await draft.SignAsync([key], cancellationToken).ConfigureAwait(false);
            if (await files.TryWriteAsync(draft.Name, signed.Bytes, cancellationToken).ConfigureAwait(false))
            {
                return signed;
            }

            existing = await files.ReadAsync(draft.Name, TufFileName.MaxBytes, cancellationToken).ConfigureAwait(false);
        }

        return existing is null ? null : draft.Accept(existing, key.PublicKey);
    }
}
