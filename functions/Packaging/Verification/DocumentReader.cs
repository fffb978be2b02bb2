using SlmOps.Contracts;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Verification;

/// <summary>Reads documents for verification, where a missing or endless one is a finding and not a fault.</summary>
internal static class DocumentReader
{
    internal static async Task<(byte[] Bytes, Check? Failure)> TryReadAsync(
        IBlobSource store, string what, Digest digest, int limit, CancellationToken cancellationToken)
    {
        try
        {
            var stream = await store.OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                return (await BoundedRead.AllAsync(stream, limit, what, cancellationToken).ConfigureAwait(false), null);
            }
        }
        catch (FileNotFoundException)
        {
            return ([], new(what, CheckOutcome.Failed, $"The blob {digest} is missing."));
        }
        catch (PackageFormatException exception)
        {
            return ([], new(what, CheckOutcome.Failed, $"{exception.Code}: {exception.Message}"));
        }
    }
}
