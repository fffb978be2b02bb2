using System.Net;
using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Tests.Storage;

public sealed class HttpBlobSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();
    private readonly FolderServer _server;
    private readonly HttpClient _http;

    public HttpBlobSourceTests()
    {
        _server = new(_folder["layout"]);
        _http = new(_server);
    }

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
        _key.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("http://server/models")]
    [InlineData("http://server/models/")]
    public async Task VerifyAsync_LayoutOverHttp_IsAccepted(string root)
    {
        var store = new FolderBlobStore(_folder["store"]);
        var release = await Samples.AttestedReleaseAsync(store, _key);
        await LayoutWriter.WriteAsync(release, store, _folder["layout"], Stop);
        var source = new HttpBlobSource(_http, new(root));

        Assert.Equal([release], await source.ReadReleasesAsync(Stop));
        Assert.True((await PackageVerifier.VerifyAsync(release, source, _key.PublicKey, Stop)).IsAccepted);
    }

    [Fact]
    public async Task OpenReadAsync_MissingOrBroken_SaysWhich()
    {
        var source = new HttpBlobSource(_http, new("http://server/models"));

        await Assert.ThrowsAsync<FileNotFoundException>(() => source.OpenReadAsync(Contracts.Digest.Of("x"u8), Stop));
        await Assert.ThrowsAsync<FileNotFoundException>(() => source.ReadReleasesAsync(Stop));
        _server.Status = HttpStatusCode.ServiceUnavailable;
        Assert.Equal(
            HttpStatusCode.ServiceUnavailable,
            (await Assert.ThrowsAsync<HttpRequestException>(() => source.OpenReadAsync(Contracts.Digest.Of("x"u8), Stop))).StatusCode);
    }

    /// <summary>Serves a folder as <c>/models/</c>.</summary>
    private sealed class FolderServer(string folder) : HttpMessageHandler
    {
        internal HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var path = request.RequestUri!.AbsolutePath["/models/".Length..];
            var file = Path.Combine(folder, path);
            var response = new HttpResponseMessage(Status == HttpStatusCode.OK && !File.Exists(file) ? HttpStatusCode.NotFound : Status);
            if (response.IsSuccessStatusCode)
            {
                response.Content = new StreamContent(File.OpenRead(file));
            }

            return Task.FromResult(response);
        }
    }
}
