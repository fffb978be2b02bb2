using System.Buffers;

namespace SlmOps.Packaging.Storage;

/// <summary>Reads a stream that may be longer than it should be, without ever holding more than the limit.</summary>
internal static class BoundedRead
{
    internal static async Task<byte[]> AllAsync(Stream stream, int limit, string what, CancellationToken cancellationToken)
    {
        var result = new ArrayBufferWriter<byte>();
        while (true)
        {
            var room = result.GetMemory(Math.Min(16 << 10, limit + 1 - result.WrittenCount));
            var allowed = room[..Math.Min(room.Length, limit + 1 - result.WrittenCount)];
            var read = await stream.ReadAsync(allowed, cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return result.WrittenSpan.ToArray();
            }

            result.Advance(read);
            if (result.WrittenCount > limit)
            {
                throw new PackageFormatException("too-large", $"The {what} has more than {limit} bytes.");
            }
        }
    }
}
