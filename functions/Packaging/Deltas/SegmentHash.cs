using System.Security.Cryptography;
using SlmOps.Contracts;

namespace SlmOps.Packaging.Deltas;

/// <summary>Hashes a part of a stream.</summary>
internal static class SegmentHash
{
    internal static async Task<Digest> OfAsync(Stream stream, long length, byte[] buffer, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var left = length; left > 0;)
        {
            var chunk = buffer.AsMemory(0, (int)Math.Min(buffer.Length, left));
            await stream.ReadExactlyAsync(chunk, cancellationToken).ConfigureAwait(false);
            hash.AppendData(chunk.Span);
            left -= chunk.Length;
        }

        return Digest.FromHash(hash.GetHashAndReset());
    }
}
