using SlmOps.Contracts;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Verification;

/// <summary>Reads documents for verification, where a missing or endless one is a finding and not a fault.</summary>
internal static class DocumentReader
{
    /// <summary>What stands in the place of a blob is no file, or one that cannot be read.</summary>
    internal static bool IsUnreadable(Exception exception) =>
        exception is IOException or InvalidDataException or UnauthorizedAccessException;

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
        catch (Exception unread) when (IsUnreadable(unread))
        {
            return ([], new(what, CheckOutcome.Failed, $"The blob {digest} cannot be read: {unread.Message}"));
        }
    }
}
