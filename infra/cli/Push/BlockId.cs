using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SlmOps.Cli.Push;

/// <summary>
/// The name of a block says where it lies and what it holds. So what an interrupted push left in storage is known by its
/// names alone: a file that changed since has blocks of other names, and nothing of the old ones gets into it. Pure.
/// </summary>
internal static class BlockId
{
    /// <summary>Bytes of a name before it is written as Base64: a place and a SHA-256.</summary>
    internal const int Bytes = sizeof(long) + SHA256.HashSizeInBytes;

    /// <summary>Shorter names would hold less than 128 bits of the digest.</summary>
    internal const int LeastBytes = sizeof(long) + 16;

    /// <summary>The longest that storage takes.</summary>
    internal const int MostBytes = 64;

    /// <summary>The name of a block.</summary>
    /// <param name="offset">Where it lies in the file.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="bytes">
    /// How long the name is, before it is written as Base64: storage wants all blocks of a blob to have names of one length, so
    /// what another tool left unfinished there decides.
    /// </param>
    internal static string Of(long offset, ReadOnlySpan<byte> content, int bytes = Bytes)
    {
        Span<byte> name = stackalloc byte[sizeof(long) + SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(name, offset);
        SHA256.HashData(content, name[sizeof(long)..]);
        Span<byte> sized = stackalloc byte[bytes];
        sized.Clear();
        name[..Math.Min(bytes, name.Length)].CopyTo(sized);
        return Convert.ToBase64String(sized);
    }

    /// <summary>Bytes of a name that storage listed; null when it is no Base64.</summary>
    internal static int? LengthOf(string id)
    {
        Span<byte> name = stackalloc byte[MostBytes];
        return Convert.TryFromBase64String(id, name, out var written) ? written : null;
    }
}
