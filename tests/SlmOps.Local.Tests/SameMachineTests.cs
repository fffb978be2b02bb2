using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace SlmOps.Local.Tests;

/// <summary>One rule twice: in our own web servers, and in the script that starts Azurite.</summary>
public sealed class SameMachineTests(SharedAzurite azurite)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, "Host", "localhost:1")]
    [InlineData(true, "Host", "LOCALHOST")]
    [InlineData(true, "Host", "[::1]:10000")]
    [InlineData(true, "Origin", "http://localhost:3000")]
    [InlineData(true, "Origin", "https://127.0.0.1")]
    [InlineData(true, "Sec-Fetch-Site", "none")]
    [InlineData(true, "Sec-Fetch-Site", "same-site")]
    [InlineData(false, "Host", "evil.example")]
    [InlineData(false, "Host", "127.0.0.1.evil.example")]
    [InlineData(false, "Host", "127.0.0.2")]
    [InlineData(false, "Host", "devstoreaccount1.blob.localhost")]
    [InlineData(false, "Origin", "http://evil.example")]
    [InlineData(false, "Origin", "http://localhost.evil.example")]
    [InlineData(false, "Origin", "null")]
    [InlineData(false, "Origin", "localhost")]
    [InlineData(false, "Sec-Fetch-Site", "cross-site")]
    public async Task Request_WithHeader_IsTakenFromThisMachineAlone(bool taken, string header, string value)
    {
        await using var app = LoopbackWeb.Build(0, NullLoggerFactory.Instance);
        app.Run(context => context.Response.WriteAsync("here"));
        await app.StartAsync(Cancelled);
        using var http = LoopbackWeb.Client();
        foreach (var url in new[] { LoopbackWeb.AddressOf(app), azurite.Endpoints.Blob, azurite.Endpoints.Queue, azurite.Endpoints.Table })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url, "/devstoreaccount1?comp=list"));
            request.Headers.TryAddWithoutValidation(header, value);
            using var response = await http.SendAsync(request, Cancelled);

            var text = await response.Content.ReadAsStringAsync(Cancelled);
            Assert.Equal((url, taken), (url, !text.Contains(SameMachine.Code, StringComparison.Ordinal)));
            Assert.True(taken || (int)response.StatusCode == StatusCodes.Status403Forbidden, text);
        }
    }
}
