using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SlmOps.Inference.Sandbox;

/// <summary>Messages on a pipe: a little-endian uint32, the length, then so many bytes of JSON.</summary>
internal static class Frames
{
    /// <summary>Most bytes of a request: a million tokens of text fit.</summary>
    internal const int RequestBytes = 64 << 20;

    private const int LengthBytes = 4;

    internal static byte[] Encode<T>(T message, JsonTypeInfo<T> type)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(message, type);
        var frame = new byte[LengthBytes + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, body.Length);
        body.CopyTo(frame, LengthBytes);
        return frame;
    }

    /// <summary>The next message, or null at the end of the pipe.</summary>
    /// <exception cref="EndOfStreamException">When the pipe ends within a message.</exception>
    /// <exception cref="InvalidDataException">When the length is out of bounds, or it is not JSON of its kind.</exception>
    internal static async ValueTask<T?> ReadAsync<T>(Stream source, JsonTypeInfo<T> type, int most, CancellationToken cancellationToken)
        where T : class
    {
        var length = new byte[LengthBytes];
        var read = await source.ReadAtLeastAsync(length, LengthBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            return null;
        }

        var size = BinaryPrimitives.ReadInt32LittleEndian(length);
        if (read < LengthBytes)
        {
            throw new EndOfStreamException("The pipe ended within a message.");
        }

        if (size < 1 || size > most)
        {
            throw new InvalidDataException($"A message of {(uint)size} bytes came; at most {most} are taken.");
        }

        // Grows with what arrives: the length alone allocates nothing.
        using var body = new MemoryStream(Math.Min(size, 1 << 16));
        var block = new byte[Math.Min(size, 1 << 16)];
        while (body.Length < size)
        {
            var count = await source
                .ReadAsync(block.AsMemory(0, (int)Math.Min(block.Length, size - body.Length)), cancellationToken)
                .ConfigureAwait(false);
            if (count == 0)
            {
                throw new EndOfStreamException("The pipe ended within a message.");
            }

            body.Write(block, 0, count);
        }

        try
        {
            return JsonSerializer.Deserialize(body.GetBuffer().AsSpan(0, size), type)
                ?? throw new InvalidDataException("A message is empty.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"A message is not what was due: {exception.Message}", exception);
        }
    }
}
