using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SlmOps.Packaging.Signing;

namespace SlmOps.Packaging.Tests.Signing;

/// <summary>Against a local server with the shapes of the Key Vault REST reference; no real vault took part.</summary>
public sealed class KeyVaultSigningKeyTests : IDisposable
{
    private readonly FakeKeyVault _vault = new();
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _vault.Dispose();
    }

    [Fact]
    public async Task SignAsync_Vault_GivesDerThatVerifies()
    {
        var key = await OpenAsync();

        // Many signatures, because DER shortens and pads the numbers.
        for (var count = 0; count < 50; count++)
        {
            var data = Encoding.UTF8.GetBytes($"data {count}");
            var signature = await key.SignAsync(data, Stop);
            Assert.True(key.PublicKey.Verify(data, signature));
        }

        Assert.Equal(PublicKey.Of(_vault.Key), key.PublicKey);
        Assert.All(_vault.Requests, request => Assert.EndsWith("?api-version=7.4", request, StringComparison.Ordinal));
        Assert.Contains("POST /keys/release/v1/sign?api-version=7.4", _vault.Requests);
    }

    [Fact]
    public async Task SignAsync_VaultSignsWithAnotherKey_Throws()
    {
        var key = await OpenAsync();
        _vault.Replace();

        await Assert.ThrowsAsync<CryptographicException>(() => key.SignAsync("data"u8.ToArray(), Stop));
    }

    [Fact]
    public async Task OpenAsync_WrongToken_ThrowsWithTheVaultsWords()
    {
        var exception = await Assert.ThrowsAsync<HttpRequestException>(() =>
            KeyVaultSigningKey.OpenAsync(_http, _vault.KeyAddress, _ => ValueTask.FromResult("stale"), Stop));

        Assert.Equal(HttpStatusCode.Unauthorized, exception.StatusCode);
        Assert.Contains("AKV10032", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_RsaKey_IsRefusedWithTheCure()
    {
        _vault.KeyType = "RSA";

        Assert.Equal("wrong-key", (await Assert.ThrowsAsync<PackageFormatException>(OpenAsync)).Code);
    }

    private Task<KeyVaultSigningKey> OpenAsync() => KeyVaultSigningKey.OpenAsync(
        _http, _vault.KeyAddress, _ => ValueTask.FromResult(FakeKeyVault.Token), Stop);

    private sealed class FakeKeyVault : IDisposable
    {
        internal const string Token = "good-token";
        private readonly HttpListener _listener = new();
        private readonly Task _loop;

        internal FakeKeyVault()
        {
            // A listener cannot choose its port itself, so the first free one of a few is taken.
            for (var port = 20_000 + Environment.ProcessId % 20_000; ; port++)
            {
                try
                {
                    _listener.Prefixes.Clear();
                    _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
                    _listener.Start();
                    KeyAddress = new($"http://127.0.0.1:{port}/keys/release");
                    break;
                }
                catch (HttpListenerException) when (port < 60_000)
                {
                }
            }

            _loop = ServeAsync();
        }

        internal ECDsa Key { get; private set; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        internal Uri KeyAddress { get; }

        internal string KeyType { get; set; } = "EC";

        internal List<string> Requests { get; } = [];

        internal void Replace()
        {
            Key.Dispose();
            Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        }

        public void Dispose()
        {
            _listener.Stop();
            _loop.Wait(TestContext.Current.CancellationToken);
            _listener.Close();
            Key.Dispose();
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception exception) when (exception is HttpListenerException or InvalidOperationException)
                {
                    return;
                }

                Requests.Add($"{context.Request.HttpMethod} {context.Request.RawUrl}");
                var (status, body) = Answer(context.Request);
                context.Response.StatusCode = status;
                context.Response.ContentType = "application/json";
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
                context.Response.Close();
            }
        }

        private (int, string) Answer(HttpListenerRequest request)
        {
            const string kid = "http://127.0.0.1/keys/release/v1";
            if (request.Headers["Authorization"] != $"Bearer {Token}")
            {
                return (401, """{"error":{"code":"Unauthorized","message":"AKV10032: Invalid issuer."}}""");
            }

            if (request.HttpMethod == "GET")
            {
                var point = Key.ExportParameters(false).Q;
                return (
                    200,
                    $$$"""{"key":{"kid":"{{{kid}}}","kty":"{{{KeyType}}}","key_ops":["sign","verify"],"crv":"P-256","x":"{{{Base64Url.EncodeToString(point.X)}}}","y":"{{{Base64Url.EncodeToString(point.Y)}}}"},"attributes":{"enabled":true,"created":1767225600,"updated":1767225600}}"""
                );
            }

            using var body = JsonDocument.Parse(request.InputStream);
            var digest = Base64Url.DecodeFromChars(body.RootElement.GetProperty("value").GetString());
            return body.RootElement.GetProperty("alg").GetString() == "ES256" && digest.Length == 32
                ? (200, $$$"""{"kid":"{{{kid}}}","value":"{{{Base64Url.EncodeToString(Key.SignHash(digest))}}}"}""")
                : (400, """{"error":{"code":"BadParameter","message":"Invalid algorithm."}}""");
        }
    }
}
