using System.Security.Cryptography;
using System.Text;

namespace SlmOps.Local.EventGrid;

/// <summary>Checks who publishes: the topic key itself, or a shared access signature made with it.</summary>
internal sealed class PublishKey
{
    private readonly byte[] _text;
    private readonly byte[] _secret;

    /// <param name="key">Base64 of the secret, as Event Grid keys are.</param>
    public PublishKey(string key)
    {
        _text = Encoding.UTF8.GetBytes(key);
        _secret = Convert.FromBase64String(key);
    }

    /// <summary>True when the key header equals the key.</summary>
    public bool IsKey(string? header) =>
        header is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(header), _text);

    /// <summary>
    /// Null when the token <c>r=…&amp;e=…&amp;s=…</c> is signed with the key, names the resource or a path above it,
    /// and has not expired; else what is wrong.
    /// </summary>
    public string? TokenFault(string token, Uri resource, DateTimeOffset now)
    {
        var end = token.LastIndexOf("&s=", StringComparison.Ordinal);
        if (end < 0)
        {
            return "the token has no signature";
        }

        // The signature covers the text exactly as it was encoded: the date in it is written by the client's culture.
        var signed = token[..end];
        var given = Uri.UnescapeDataString(token[(end + 3)..]);
        var expected = Convert.ToBase64String(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(signed)));
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected)))
        {
            return "the signature is not made with this topic's key";
        }

        var parts = signed.Split('&').Select(part => part.Split('=', 2)).Where(part => part.Length == 2)
            .GroupBy(part => part[0]).ToDictionary(part => part.Key, part => Uri.UnescapeDataString(part.First()[1].Replace('+', ' ')));
        if (!parts.TryGetValue("r", out var signedResource)
            || !Uri.TryCreate(signedResource, UriKind.Absolute, out var allowed)
            || !allowed.Authority.Equals(resource.Authority, StringComparison.OrdinalIgnoreCase)
            || !resource.AbsolutePath.StartsWith(allowed.AbsolutePath, StringComparison.OrdinalIgnoreCase))
        {
            return "the token is for another resource";
        }

        return parts.TryGetValue("e", out var expires) && TokenTime.TryParse(expires, out var until)
            ? until > now ? null : "the token has expired"
            : "the token has no readable expiry";
    }
}
