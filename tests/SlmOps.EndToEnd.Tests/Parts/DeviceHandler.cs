using System.Net.Http.Headers;
using System.Net.Http.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Certificates;
using SlmOps.Packaging.Signing;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>A device's key: it enrols before the first call, and signs each one.</summary>
internal sealed class DeviceHandler : DelegatingHandler
{
    private readonly string _channel;
    private readonly Uri _service;
    private readonly string _token;
    private readonly SemaphoreSlim _turn = new(1);

    internal DeviceHandler(string id, string channel, Uri service, string token)
        : base(new SocketsHttpHandler { AllowAutoRedirect = false }) => (Id, _channel, _service, _token) = (id, channel, service, token);

    internal string Id { get; }

    internal LocalSigningKey Key { get; init; } = LocalSigningKey.CreateInMemory();

    internal EnrolmentAnswer? Identity { get; private set; }

    /// <summary>The time by the device's clock.</summary>
    internal DateTimeOffset Now { get; set; } = TimeProvider.System.GetUtcNow();

    internal bool ClockRuns { get; set; } = true;

    internal async Task<string> AssertAsync(CancellationToken cancellationToken) => await DeviceAssertion.WriteAsync(
        Id, Identity!.Audience, Convert.FromBase64String(Identity.Certificate), Key, ClockRuns ? TimeProvider.System.GetUtcNow() : Now,
        cancellationToken);

    /// <summary>Enrols, or renews when there is no token.</summary>
    internal async Task<HttpResponseMessage> EnrolAsync(string? token, CancellationToken cancellationToken)
    {
        var request = Convert.ToBase64String(await DeviceRequest.WriteAsync(Id, Key, cancellationToken));
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(_service, "/api/v1/enroll"))
        {
            Content = JsonContent.Create(new(Id, _channel, token, request), ContractsJson.Default.EnrolmentRequest),
        };
        message.Headers.Authorization = token is null ? new("Bearer", await AssertAsync(cancellationToken)) : null;
        var answer = await base.SendAsync(message, cancellationToken);
        if (answer.IsSuccessStatusCode)
        {
            await answer.Content.LoadIntoBufferAsync(cancellationToken);
            Identity = await answer.Content.ReadFromJsonAsync(ContractsJson.Default.EnrolmentAnswer, cancellationToken);
        }

        return answer;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (Identity is null)
            {
                using var answer = await EnrolAsync(_token, cancellationToken);
                answer.EnsureSuccessStatusCode();
            }
        }
        finally
        {
            _turn.Release();
        }

        request.Headers.Authorization ??= new AuthenticationHeaderValue("Bearer", await AssertAsync(cancellationToken));
        var response = await base.SendAsync(request, cancellationToken);
        if ((int)response.StatusCode is not (301 or 302 or 307))
        {
            return response;
        }

        // The token stays with the service.
        using var next = new HttpRequestMessage(HttpMethod.Get, response.Headers.Location);
        response.Dispose();
        return await base.SendAsync(next, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        Key.Dispose();
        _turn.Dispose();
        base.Dispose(disposing);
    }
}
