using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Access;

/// <summary>Reads devices' tokens. Only form and signature are looked at here; the rest is <see cref="DeviceAccess"/>'s.</summary>
internal static class AssertionReader
{
    private const int MaxText = 128;
    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = 4 << 10 };

    /// <summary>The token, its signature not looked at; null when it is none.</summary>
    internal static Assertion? Read(string text)
    {
        try
        {
            return Handler.CanReadToken(text)
                && Handler.ReadJsonWebToken(text) is { Alg: SecurityAlgorithms.EcdsaSha256 } token
                && token.Audiences.ToList() is [{ Length: > 0 and <= MaxText } audience]
                && token.Id is { Length: >= 16 and <= MaxText }
                && token.Issuer == token.Subject
                && DeviceId.TryParse(token.Subject, out var device)
                && token.TryGetPayloadValue<long>("iat", out var issued)
                && token.TryGetPayloadValue<long>("exp", out var expires)
                    ? new(device, audience, token.Id, Time(issued), Time(expires), SignatureHolds: false)
                    : null;
        }
        catch (Exception fault) when (fault is ArgumentException or SecurityTokenException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>True when the key signed the token.</summary>
    internal static async Task<bool> HoldsAsync(string text, string keyPem)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(keyPem);
        var result = await Handler.ValidateTokenAsync(text, new()
        {
            IssuerSigningKey = new ECDsaSecurityKey(key)
            {
                // The key lives as long as this call.
                CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
            },
            RequireSignedTokens = true,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidateAudience = false,
            ValidateIssuer = false,
            ValidateLifetime = false,
        }).ConfigureAwait(false);
        return result.IsValid;
    }

    private static DateTimeOffset Time(long seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
}
