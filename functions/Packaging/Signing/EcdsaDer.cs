using System.Formats.Asn1;
using System.Numerics;

namespace SlmOps.Packaging.Signing;

/// <summary>ECDSA signatures: the fixed-length form r‖s of JOSE and the ASN.1 DER form of X9.62.</summary>
internal static class EcdsaDer
{
    private const int HalfBytes = 32;

    /// <exception cref="PackageFormatException">With <c>bad-signature</c> when it is not 64 bytes long.</exception>
    internal static byte[] FromRaw(ReadOnlySpan<byte> raw)
    {
        if (raw.Length != 2 * HalfBytes)
        {
            throw new PackageFormatException("bad-signature", $"A raw P-256 signature has 64 bytes, this one has {raw.Length}.");
        }

        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new BigInteger(raw[..HalfBytes], isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(new BigInteger(raw[HalfBytes..], isUnsigned: true, isBigEndian: true));
        }

        return writer.Encode();
    }
}
