using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SlmOps.Contracts.Operator;

namespace SlmOps.Cli;

/// <summary>The functions app's HTTP interface, as commands use it.</summary>
internal sealed class OperatorClient : IDisposable
{
    private static readonly OperatorJson Json = OperatorJson.Default;

    private readonly HttpClient _http;

    internal OperatorClient(Connection connection)
    {
        _http = new HttpClient { BaseAddress = new Uri(connection.FunctionsUrl, "/api/v1/"), Timeout = TimeSpan.FromSeconds(100) };
        _http.DefaultRequestHeaders.Add("x-functions-key", connection.FunctionsKey);
    }

    /// <summary>Null while nothing of that name is known.</summary>
    internal async Task<RunStatus?> ModelAsync(string model, string version, CancellationToken cancellationToken)
    {
        using var answer = await _http
            .GetAsync(new Uri($"models/{model}/{version}", UriKind.Relative), cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        return await ReadAsync(answer, Json.RunStatus, cancellationToken);
    }

    internal Task<IReadOnlyList<DeviceStatus>> DevicesAsync(string channel, CancellationToken cancellationToken) =>
        GetAsync($"devices?channel={channel}", Json.IReadOnlyListDeviceStatus, cancellationToken);

    internal Task<IReadOnlyList<ChannelStatus>> ChannelsAsync(CancellationToken cancellationToken) =>
        GetAsync("channels", Json.IReadOnlyListChannelStatus, cancellationToken);

    internal async Task<OperatorResult> CommandAsync(string channel, string action, string? reason, CancellationToken cancellationToken)
    {
        var query = reason is null ? "" : $"?reason={Uri.EscapeDataString(reason)}";
        using var answer = await _http
            .PostAsync(new Uri($"channels/{channel}/rollout/{action}{query}", UriKind.Relative), null, cancellationToken);
        return await ReadAsync(answer, Json.OperatorResult, cancellationToken);
    }

    internal Task<GarbageReport> GarbageAsync(CancellationToken cancellationToken) =>
        GetAsync("garbage", Json.GarbageReport, cancellationToken);

    internal async Task<GarbageReport> CollectAsync(string plan, CancellationToken cancellationToken)
    {
        using var answer = await _http.DeleteAsync(new Uri($"garbage/{plan}", UriKind.Relative), cancellationToken);
        return await ReadAsync(answer, Json.GarbageReport, cancellationToken);
    }

    internal async Task<OperatorResult> SecurityFloorAsync(string model, string version, CancellationToken cancellationToken)
    {
        using var answer = await _http
            .PostAsync(new Uri($"models/{model}/{version}/security-floor", UriKind.Relative), null, cancellationToken);
        return await ReadAsync(answer, Json.OperatorResult, cancellationToken);
    }

    internal async Task<OperatorResult> CancelAsync(string model, string version, CancellationToken cancellationToken)
    {
        using var answer = await _http.PostAsync(new Uri($"models/{model}/{version}/cancel", UriKind.Relative), null, cancellationToken);
        return await ReadAsync(answer, Json.OperatorResult, cancellationToken);
    }

    internal async Task<OperatorResult> WithdrawAdaptationAsync(
        string channel,
        string name,
        string? version,
        CancellationToken cancellationToken)
    {
        var query = version is null ? "" : $"?version={Uri.EscapeDataString(version)}";
        var path = $"channels/{Uri.EscapeDataString(channel)}/adaptations/{Uri.EscapeDataString(name)}/withdraw{query}";
        using var answer = await _http.PostAsync(new Uri(path, UriKind.Relative), null, cancellationToken);
        return await ReadAsync(answer, Json.OperatorResult, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        return await ReadAsync(answer, type, cancellationToken);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        if (answer.IsSuccessStatusCode)
        {
            return await answer.Content.ReadFromJsonAsync(type, cancellationToken)
                ?? throw new CliException($"{answer.RequestMessage!.RequestUri} answered nothing.");
        }

        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        throw new CliException(answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized => "The functions app refused the key; check --key.",
            _ => $"The functions app answered {(int)answer.StatusCode}: {Detail(text)}",
        });
    }

    private static string Detail(string text)
    {
        try
        {
            using var problem = JsonDocument.Parse(text);
            return problem.RootElement.GetProperty("detail").GetString() ?? text;
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return text.Length > 300 ? text[..300] : text;
        }
    }
}
