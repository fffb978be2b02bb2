using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Signing;

namespace SlmOps.Packaging.Channels;

/// <summary>Writes the signed form of a channel document.</summary>
public static class ChannelSigner
{
    /// <summary>Signs a document with the director key; the result is a DSSE envelope.</summary>
    public static Task<byte[]> SignAsync(ChannelDocument document, ISigningKey directorKey, CancellationToken cancellationToken) =>
        Dsse.SignAsync(
            ChannelDocument.PayloadType,
            JsonSerializer.SerializeToUtf8Bytes(document, ContractsJson.Default.ChannelDocument),
            directorKey,
            cancellationToken);
}
