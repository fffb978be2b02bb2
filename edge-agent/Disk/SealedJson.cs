using System.Security.Cryptography;
using System.Text;

namespace SlmOps.EdgeAgent.Disk;

/// <summary>
/// JSON objects that notice when the disk gives back other bytes than were written: a flipped bit mostly leaves JSON that
/// reads well. The first member is <c>"check"</c>, the SHA-256 of everything after it, in hexadecimal.
/// </summary>
internal static class SealedJson
{
    private const int HexLength = 64;

    private static ReadOnlySpan<byte> Start => "{\"check\":\""u8;

    /// <param name="json">An object with at least one member.</param>
    internal static byte[] Seal(ReadOnlySpan<byte> json)
    {
        byte[] rest = [(byte)'"', (byte)',', .. json[1..]];
        return [.. Start, .. Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(rest))), .. rest];
    }

    /// <summary>False when the object is not what was sealed; one without a seal is of an older agent and holds.</summary>
    internal static bool Holds(ReadOnlySpan<byte> json)
    {
        if (!json.StartsWith(Start))
        {
            return true;
        }

        var sealedPart = json[Start.Length..];
        return sealedPart.Length > HexLength
            && sealedPart[..HexLength]
                .SequenceEqual(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(sealedPart[HexLength..]))));
    }
}
