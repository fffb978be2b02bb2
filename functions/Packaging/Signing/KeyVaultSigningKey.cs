using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Signing;

/// <summary>
/// A key in Azure Key Vault or Managed HSM, used over its REST API (<c>GET /keys/{name}/{version}</c> and
/// <c>POST …/sign</c> with ES256): the private half never leaves the vault.
/// </summary>
public sealed class KeyVaultSigningKey : ISigningKey
{
    private const string ApiVersion = "7.4";
    private const int AnswerBytes = 64 << 10;
    private readonly HttpClient _http;
    private readonly Uri _key;
    private readonly Func<CancellationToken, ValueTask<string>> _token;

    private KeyVaultSigningKey(HttpClient http, Uri key, Func<CancellationToken, ValueTask<string>> token, PublicKey publicKey)
    {
        (_http, _key, _token, PublicKey) = (http, key, token, publicKey);
    }

    /// <inheritdoc/>
    public string KeyId => PublicKey.KeyId;

    /// <inheritdoc/>
    public PublicKey PublicKey { get; }

    /// <summary>Reads the public half of a key and keeps its exact version, so that a rotation in the vault changes nothing here.</summary>
    /// <param name="http">Client; its timeout and handlers apply.</param>
    /// <param name="key">Key identifier, such as <c>https://name.vault.azure.net/keys/release</c>, with or without a version.</param>
    /// <param name="token">Gives a bearer token for the scope <c>https://vault.azure.net/.default</c>.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="HttpRequestException">When the vault refuses; the message holds its error code and text.</exception>
    /// <exception cref="PackageFormatException">When the key is not a P-256 key.</exception>
    public static async Task<KeyVaultSigningKey> OpenAsync(
        HttpClient http, Uri key, Func<CancellationToken, ValueTask<string>> token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address(key, ""));
        using var answer = await SendAsync(http, request, token, cancellationToken).ConfigureAwait(false);
        var jwk = Property(answer.RootElement, "key");
        var version = new Uri(Text(jwk, "kid"));
        if (version.Host != key.Host)
        {
            throw new PackageFormatException("wrong-key", $"The vault at '{key.Host}' named a key at '{version.Host}'.");
        }

        // The answer names its public host; the port is the one that was asked.
        var exact = new UriBuilder(key) { Path = version.AbsolutePath }.Uri;
        return new(http, exact, token, ReadKey(jwk));
    }

    /// <inheritdoc/>
    public async Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var digest = Base64Url.EncodeToString(SHA256.HashData(data.Span));
        using var request = new HttpRequestMessage(HttpMethod.Post, Address(_key, "/sign"));
        request.Content = new ByteArrayContent(CanonicalJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("alg", "ES256");
            json.WriteString("value", digest);
            json.WriteEndObject();
        }));
        request.Content.Headers.ContentType = new("application/json");
        using var answer = await SendAsync(_http, request, _token, cancellationToken).ConfigureAwait(false);
        var signature = EcdsaDer.FromRaw(Base64Url.DecodeFromChars(Text(answer.RootElement, "value")));
        return PublicKey.Verify(data.Span, signature)
            ? signature
            : throw new CryptographicException($"The vault's signature does not verify with the key '{_key}'.");
    }

    private static async Task<JsonDocument> SendAsync(
        HttpClient http, HttpRequestMessage request, Func<CancellationToken, ValueTask<string>> token, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await token(cancellationToken).ConfigureAwait(false));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            .ConfigureAwait(false);
        var content = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            var bytes = await BoundedRead.AllAsync(content, AnswerBytes, "answer of the vault", cancellationToken).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                var error = StrictJson.Shown(System.Text.Encoding.UTF8.GetString(bytes));
                throw new HttpRequestException(
                    $"Key Vault answered {(int)response.StatusCode} to {request.Method} {request.RequestUri}: {error}",
                    null,
                    response.StatusCode);
            }

            return JsonDocument.Parse(bytes);
        }
    }

    private static PublicKey ReadKey(JsonElement jwk)
    {
        if (Text(jwk, "kty") is not ("EC" or "EC-HSM") || Text(jwk, "crv") != "P-256")
        {
            throw new PackageFormatException(
                "wrong-key",
                "The vault's key is not an EC key on P-256; create one with: az keyvault key create --kty EC --curve P-256");
        }

        using var key = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Base64Url.DecodeFromChars(Text(jwk, "x")), Y = Base64Url.DecodeFromChars(Text(jwk, "y")) },
        });
        return PublicKey.Of(key);
    }

    private static Uri Address(Uri key, string operation) =>
        new($"{key.GetLeftPart(UriPartial.Path).TrimEnd('/')}{operation}?api-version={ApiVersion}");

    private static JsonElement Property(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value)
            ? value
            : throw new PackageFormatException("missing-property", $"The vault's answer lacks '{name}'.");

    private static string Text(JsonElement element, string name) => Property(element, name).GetString()
        ?? throw new PackageFormatException("wrong-type", $"'{name}' in the vault's answer is null.");
}
