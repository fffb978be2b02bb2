using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SlmOps.Cli;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;

namespace SlmOps.EndToEnd.Tests;

/// <summary>A device speaks for itself and reads its own channel; everybody else is refused, with the reason.</summary>
public sealed class DeviceTests(SharedPlatform shared)
{
    private readonly Platform _platform = shared.Platform;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_OfADevice_OpensItsOwnThingsAlone()
    {
        using var device = Handler("own-1", "own");
        using var http = Http(device);
        Assert.Equal((200, null), await ReportAsync(http, "own-1", Report("own-1", "own", 1)));

        Assert.Equal((403, "other-device"), await ReportAsync(http, "own-2", Report("own-2", "own", 1)));
        Assert.Equal((403, "other-channel"), await GetAsync(http, "channels/theirs"));
        Assert.Equal((404, null), await GetAsync(http, "channels/own"));
        Assert.Equal((200, null), await GetAsync(http, "metadata/1.root.json"));
        Assert.Equal((404, null), await GetAsync(http, $"blobs/{Digest.Of("none"u8)}"));
        foreach (var call in new[] { "models", "channels", "devices?channel=own", "keys", "audit", "tokens" })
        {
            Assert.Equal((401, "key-unknown"), await GetAsync(http, call));
        }
    }

    [Fact]
    public async Task Token_ThatIsNotGood_IsRefusedWithItsReason()
    {
        using var device = Handler("bad-1", "bad");
        using var http = Http(device);
        Assert.Equal((404, null), await GetAsync(http, "channels/bad"));
        using var bare = new HttpClient { BaseAddress = http.BaseAddress };

        var used = await device.AssertAsync(Cancelled);
        Assert.Equal((404, null), await GetAsync(bare, "channels/bad", used));
        Assert.Equal((401, RefusalCodes.TokenReplayed), await GetAsync(bare, "channels/bad", used));
        Assert.Equal((401, RefusalCodes.TokenMissing), await GetAsync(bare, "channels/bad"));
        Assert.Equal((401, RefusalCodes.TokenMalformed), await GetAsync(bare, "channels/bad", _platform.Connection.OperatorKey));
        Assert.Equal((401, RefusalCodes.TokenMalformed), await GetAsync(bare, "channels/bad", _platform.Connection.EnrolmentToken));

        device.ClockRuns = false;
        device.Now = TimeProvider.System.GetUtcNow().AddMinutes(-10);
        Assert.Equal((401, RefusalCodes.TokenExpired), await GetAsync(bare, "channels/bad", await device.AssertAsync(Cancelled)));
        device.Now = TimeProvider.System.GetUtcNow().AddMinutes(10);
        Assert.Equal((401, RefusalCodes.TokenEarly), await GetAsync(bare, "channels/bad", await device.AssertAsync(Cancelled)));
        device.ClockRuns = true;

        using var stranger = Handler("bad-1", "bad");
        using var takeover = await stranger.EnrolAsync(await TokenAsync(uses: 5), Cancelled);
        Assert.Equal("device-exists", await CodeAsync(takeover));
        using var unknown = Handler("bad-2", "bad");
        using var fleet = await unknown.EnrolAsync("no token of anybody", Cancelled);
        Assert.Equal("enrolment-unknown", await CodeAsync(fleet));
    }

    [Fact]
    public async Task Token_OneTime_LetsOneDeviceInAndTheSameOneAgain()
    {
        var token = await TokenAsync(uses: 1);
        using var first = Handler("once-1", "once");
        using var second = Handler("once-2", "once");

        using var came = await first.EnrolAsync(token, Cancelled);
        using var again = await first.EnrolAsync(token, Cancelled);
        using var other = await second.EnrolAsync(token, Cancelled);
        using var renewed = await first.EnrolAsync(null, Cancelled);

        Assert.Equal([200, 200, 401, 200], new[] { came, again, other, renewed }.Select(answer => (int)answer.StatusCode));
        Assert.Equal("enrolment-used", await CodeAsync(other));
        var tokens = await _platform.Client.TokensAsync(Cancelled);
        Assert.Equal(1, tokens.Single(one => token.Contains(one.Id, StringComparison.Ordinal)).Used);
    }

    [Fact]
    public async Task Revoke_Device_IsRefusedAtOnceAndLeavesItsFleet()
    {
        using var device = Handler("gone-1", "gone");
        using var http = Http(device);
        Assert.Equal((200, null), await ReportAsync(http, "gone-1", Report("gone-1", "gone", 1)));
        Assert.Single(await _platform.Client.DevicesAsync("gone", Cancelled));

        await _platform.Client.RevokeDeviceAsync("gone-1", Cancelled);

        Assert.Equal((403, RefusalCodes.DeviceRevoked), await ReportAsync(http, "gone-1", Report("gone-1", "gone", 2)));
        Assert.Equal((403, RefusalCodes.DeviceRevoked), await GetAsync(http, "channels/gone"));
        Assert.Empty(await _platform.Client.DevicesAsync("gone", Cancelled));
        using var renewal = await device.EnrolAsync(null, Cancelled);
        using var group = await device.EnrolAsync(_platform.Connection.EnrolmentToken, Cancelled);
        Assert.Equal([RefusalCodes.DeviceRevoked, RefusalCodes.DeviceRevoked], new[] { await CodeAsync(renewal), await CodeAsync(group) });
        await Assert.ThrowsAsync<CliException>(() => _platform.Client.RevokeDeviceAsync("nobody", Cancelled));

        var own = await _platform.Client.AddTokenAsync(null, null, null, "gone-1", Cancelled);
        using var back = await device.EnrolAsync(own.Token, Cancelled);
        Assert.Equal(200, (int)back.StatusCode);
        Assert.Equal((200, null), await ReportAsync(http, "gone-1", Report("gone-1", "gone", 3)));
    }

    [Fact]
    public async Task Report_OutsideItsBounds_NamesTheFieldAndIsNotKept()
    {
        using var device = Handler("field-1", "field");
        using var http = Http(device);
        var good = Report("field-1", "field", 1);

        Assert.Equal("reports[0].channel", await FieldAsync(http, "field-1", good with { Channel = "other" }));
        Assert.Equal("reports[0].deviceId", await FieldAsync(http, "field-1", good with { DeviceId = "field-2" }));
        Assert.Equal("reports[0].seq", await FieldAsync(http, "field-1", good with { Seq = long.MaxValue }));
        Assert.Equal("reports[1].traceparent", await FieldAsync(http, "field-1", good, good with { Traceparent = new('0', 65) }));
        Assert.Empty(await _platform.Client.DevicesAsync("field", Cancelled));
    }

    private async Task<string> TokenAsync(int uses) =>
        (await _platform.Client.AddTokenAsync(uses, 1, null, null, Cancelled)).Token;

    private DeviceHandler Handler(string id, string channel) =>
        new(id, channel, _platform.Connection.FunctionsUrl, _platform.Connection.EnrolmentToken);

    private HttpClient Http(DeviceHandler device) =>
        new(device, disposeHandler: false) { BaseAddress = new(_platform.Connection.FunctionsUrl, "/api/v1/") };

    private static DeviceReport Report(string id, string channel, long seq) =>
        new(1, id, seq, TimeProvider.System.GetUtcNow(), channel, null, null, null);

    private static async Task<(int, string?)> GetAsync(HttpClient http, string path, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request, Cancelled);
        return ((int)answer.StatusCode, await CodeAsync(answer));
    }

    private static async Task<(int, string?)> ReportAsync(HttpClient http, string device, params DeviceReport[] reports)
    {
        using var answer = await SendAsync(http, device, reports);
        return ((int)answer.StatusCode, await CodeAsync(answer));
    }

    private static async Task<string?> FieldAsync(HttpClient http, string device, params DeviceReport[] reports)
    {
        using var answer = await SendAsync(http, device, reports);
        Assert.Equal(400, (int)answer.StatusCode);
        return JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(Cancelled), ContractsJson.Default.DeviceRefusal)!.Field;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, string device, DeviceReport[] reports)
    {
        var json = JsonSerializer.Serialize(new(reports), ContractsJson.Default.DeviceReportBatch);
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await http.PostAsync(new Uri($"devices/{device}/reports", UriKind.Relative), content, Cancelled);
    }

    /// <summary>The code of a refusal; null for any other answer.</summary>
    private static async Task<string?> CodeAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        return answer.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? JsonSerializer.Deserialize(text, ContractsJson.Default.DeviceRefusal)!.Code
            : null;
    }
}
