using SlmOps.Contracts;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Deltas;

/// <summary>What came of applying a delta; after a refusal the file is fetched whole.</summary>
/// <param name="ReasonCode">Null, or <c>bad-frame</c>, <c>base-missing</c>, <c>base-too-short</c>, <c>wrong-result</c>.</param>
/// <param name="Reason">The reason in one sentence.</param>
public sealed record DeltaOutcome(string? ReasonCode, string? Reason)
{
    /// <summary>True when the file is in the store, with the digest of the signed manifest.</summary>
    public bool IsApplied => ReasonCode is null;
}

/// <summary>Makes a file of a new variant on a device.</summary>
public static class DeltaApplier
{
    /// <summary>
    /// Applies one layer. Its blob must be in the store already, where its digest was checked as it arrived. Needs
    /// about 13 MB of memory, whatever the size of the file.
    /// </summary>
    /// <param name="layer">The layer.</param>
    /// <param name="from">Manifest of the variant that the delta starts from.</param>
    /// <param name="store">Holds that variant and the delta; takes the result.</param>
    /// <param name="cancellationToken">Stops the work; the store then holds nothing new.</param>
    public static async Task<DeltaOutcome> ApplyAsync(
        DeltaLayer layer,
        VariantManifest from,
        IBlobStore store,
        CancellationToken cancellationToken)
    {
        try
        {
            var delta = await store.OpenReadAsync(layer.Delta.Digest, cancellationToken).ConfigureAwait(false);
            await using (delta.ConfigureAwait(false))
            {
                var content = new DeltaStream(delta, from.Files, store);
                await using (content.ConfigureAwait(false))
                {
                    await store.WriteAsync(layer.Target.Digest, layer.Target.Size, content, cancellationToken).ConfigureAwait(false);
                }
            }

            return new(null, null);
        }
        catch (PackageFormatException exception)
        {
            return new(exception.Code, exception.Message);
        }
        catch (FileNotFoundException exception)
        {
            return new("base-missing", exception.Message);
        }
        catch (InvalidDataException exception)
        {
            return new("wrong-result", exception.Message);
        }
    }
}
