using System.Buffers;
using System.Security.Cryptography;
using SlmOps.Contracts;

namespace SlmOps.Packaging.Storage;

/// <summary>
/// Reads, hashes and writes a stream in one pass, three chunks at a time: while one is hashed, the next is read and the
/// one before is written, so that the pass takes about as long as the slowest of the three.
/// </summary>
internal static class HashingCopy
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Digest and size of what was read; reading stops as soon as there is more than allowed.</summary>
    /// <param name="content">The stream.</param>
    /// <param name="most">Most bytes to accept; a result with a larger size means that there was more.</param>
    /// <param name="write">Takes each chunk and its offset, or null to hash alone.</param>
    /// <param name="cancellationToken">Stops the pass.</param>
    internal static async Task<BlobRef> RunAsync(
        Stream content, long most, Func<ReadOnlyMemory<byte>, long, Task>? write, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[][] buffers = [Rent(), Rent(), Rent()];
        var reading = ReadAsync(buffers[0]);
        var writing = Task.CompletedTask;
        long size = 0;
        try
        {
            for (var turn = 0; size <= most; turn++)
            {
                var read = await reading.ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                reading = ReadAsync(buffers[(turn + 1) % 3]);
                hash.AppendData(buffers[turn % 3], 0, read);
                await writing.ConfigureAwait(false);
                writing = write?.Invoke(buffers[turn % 3].AsMemory(0, read), size) ?? Task.CompletedTask;
                size += read;
            }

            await writing.ConfigureAwait(false);
            return new(Digest.FromHash(hash.GetHashAndReset()), size);
        }
        finally
        {
            // The buffers go back to the pool, so nothing may still be using one.
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Array.ForEach(buffers, buffer => ArrayPool<byte>.Shared.Return(buffer));
        }

        static byte[] Rent() => ArrayPool<byte>.Shared.Rent(ChunkBytes);

        Task<int> ReadAsync(byte[] buffer) =>
            content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).AsTask();
    }
}
