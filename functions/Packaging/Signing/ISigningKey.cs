namespace SlmOps.Packaging.Signing;

/// <summary>A private ECDSA P-256 key, wherever it is kept.</summary>
public interface ISigningKey
{
    /// <summary>Key id of <see cref="PublicKey"/>.</summary>
    string KeyId { get; }

    /// <summary>The public half.</summary>
    PublicKey PublicKey { get; }

    /// <summary>Signs SHA-256 of the data; the result is ASN.1 DER and differs with every call.</summary>
    Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);
}
