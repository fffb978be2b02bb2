using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;

namespace SlmOps.Cli;

/// <summary>The functions app's HTTP interface, as commands use it.</summary>
internal sealed class OperatorClient : IDisposable
{
    // A null where something has to stand is no answer of this interface.
    private static readonly OperatorJson Json =
        new(new JsonSerializerOptions(OperatorJson.Default.Options) { RespectNullableAnnotations = true });

    private readonly HttpClient _http;

    internal OperatorClient(Connection connection)
    {
        _http = new HttpClient { BaseAddress = new Uri(connection.FunctionsUrl, "/api/v1/"), Timeout = TimeSpan.FromSeconds(100) };
        if (connection.OperatorKey.Length > 0)
        {
            _http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {connection.OperatorKey}");
        }
    }

    /// <summary>Null while nothing of that name is known.</summary>
    internal async Task<RunStatus?> ModelAsync(ModelName model, ModelVersion version, CancellationToken cancellationToken)
    {
        using var answer = await _http
            .GetAsync(new Uri($"models/{model}/{version}", UriKind.Relative), cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        return await ReadAsync(answer, Json.RunStatus, cancellationToken);
    }

    internal Task<IReadOnlyList<DeviceStatus>> DevicesAsync(ChannelName channel, CancellationToken cancellationToken) =>
        GetAsync($"devices?channel={channel}", Json.IReadOnlyListDeviceStatus, cancellationToken);

    internal Task<IReadOnlyList<ChannelStatus>> ChannelsAsync(CancellationToken cancellationToken) =>
        GetAsync("channels", Json.IReadOnlyListChannelStatus, cancellationToken);

    internal Task<OperatorResult> CommandAsync(ChannelName channel, string action, string? reason, CancellationToken cancellationToken)
    {
        var query = reason is null ? "" : $"?reason={Uri.EscapeDataString(reason)}";
        var path = $"channels/{channel}/rollout/{action}{query}";
        return SendAsync(HttpMethod.Post, path, Json.OperatorResult, cancellationToken);
    }

    internal Task<OperatorResult> StartRolloutAsync(
        ChannelName channel, ModelName model, ModelVersion version, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"channels/{channel}/rollouts/{model}/{version}", Json.OperatorResult, cancellationToken);

    internal Task<OperatorResult> RemoveDeviceAsync(ChannelName channel, DeviceId device, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"devices/{device}?channel={channel}", Json.OperatorResult, cancellationToken);

    internal Task<GarbageReport> GarbageAsync(CancellationToken cancellationToken) =>
        GetAsync("garbage", Json.GarbageReport, cancellationToken);

    internal Task<GarbageReport> CollectAsync(string plan, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"garbage/{Uri.EscapeDataString(plan)}", Json.GarbageReport, cancellationToken);

    internal Task<OperatorResult> SecurityFloorAsync(ModelName model, ModelVersion version, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"models/{model}/{version}/security-floor", Json.OperatorResult, cancellationToken);

    internal Task<OperatorResult> CancelAsync(ModelName model, ModelVersion version, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"models/{model}/{version}/cancel", Json.OperatorResult, cancellationToken);

    internal Task<OperatorResult> WithdrawAdaptationAsync(
        ChannelName channel,
        ModelName name,
        ModelVersion? version,
        CancellationToken cancellationToken)
    {
        var query = version is null ? "" : $"?version={version}";
        var path = $"channels/{channel}/adaptations/{name}/withdraw{query}";
        return SendAsync(HttpMethod.Post, path, Json.OperatorResult, cancellationToken);
    }

    internal Task<IReadOnlyList<OperatorKeyStatus>> KeysAsync(CancellationToken cancellationToken) =>
        GetAsync("keys", Json.IReadOnlyListOperatorKeyStatus, cancellationToken);

    internal Task<NewOperatorKey> AddKeyAsync(string name, string role, int? days, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post, $"keys?name={Uri.EscapeDataString(name)}&role={role}&days={days}", Json.NewOperatorKey, cancellationToken);

    /// <summary>The first admin's key, with the host's own key.</summary>
    internal async Task<NewOperatorKey> FirstKeyAsync(string hostKey, CancellationToken cancellationToken)
    {
        _http.DefaultRequestHeaders.Remove("Authorization");
        _http.DefaultRequestHeaders.TryAddWithoutValidation("x-functions-key", hostKey);
        return await SendAsync(HttpMethod.Post, "keys/first", Json.NewOperatorKey, cancellationToken);
    }

    internal Task<OperatorResult> RevokeKeyAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"keys/{Uri.EscapeDataString(id)}", Json.OperatorResult, cancellationToken);

    internal Task<IReadOnlyList<EnrolmentTokenStatus>> TokensAsync(CancellationToken cancellationToken) =>
        GetAsync("tokens", Json.IReadOnlyListEnrolmentTokenStatus, cancellationToken);

    internal Task<NewEnrolmentToken> AddTokenAsync(
        int? uses, int? hours, string? channel, string? device, CancellationToken cancellationToken)
    {
        var query = $"uses={uses}&hours={hours}&channel={Uri.EscapeDataString(channel ?? "")}&device={Uri.EscapeDataString(device ?? "")}";
        return SendAsync(HttpMethod.Post, $"tokens?{query}", Json.NewEnrolmentToken, cancellationToken);
    }

    internal Task<OperatorResult> RevokeTokenAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"tokens/{Uri.EscapeDataString(id)}", Json.OperatorResult, cancellationToken);

    internal Task<OperatorResult> RevokeDeviceAsync(string device, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"devices/{Uri.EscapeDataString(device)}/revoke", Json.OperatorResult, cancellationToken);

    internal Task<AuditPage> AuditAsync(long after, CancellationToken cancellationToken) =>
        GetAsync(after > 0 ? $"audit?after={after}" : "audit", Json.AuditPage, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<T> SendAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        using var answer = await _http.SendAsync(request, cancellationToken);
        return await ReadAsync(answer, type, cancellationToken);
    }

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        return await ReadAsync(answer, type, cancellationToken);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        if (answer.IsSuccessStatusCode)
        {
            try
            {
                var value = await answer.Content.ReadFromJsonAsync(type, cancellationToken);
                return IsWhole(value, type) ? value! : throw new JsonException("Something is missing in the answer.");
            }
            catch (Exception unread) when (unread is JsonException or NotSupportedException or InvalidOperationException or IOException)
            {
                throw new CliException(
                    $"{answer.RequestMessage!.RequestUri} did not answer as SlmOps does; check the address. {unread.Message}");
            }
        }

        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        throw new CliException(answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized => $"The functions app refused the key; check --key. {Detail(text)}".TrimEnd(),
            _ => $"The functions app answered {(int)answer.StatusCode}: {Detail(text)}",
        });
    }

    /// <summary>The serializer asks for properties; it takes a missing parameter of a record, or an item, for null.</summary>
    private static bool IsWhole(object? value, JsonTypeInfo type) => value switch
    {
        null => false,
        IEnumerable<object?> items => !items.Contains(null),
        _ => type.Properties.All(property => property.IsGetNullable || property.Get?.Invoke(value) is not null),
    };

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
