using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using SlmOps.Cli;
using SlmOps.Contracts.Operator;
using SlmOps.EndToEnd.Tests.Parts;

namespace SlmOps.EndToEnd.Tests;

/// <summary>Operators' keys open what their role opens, and what they change is in the log.</summary>
public sealed partial class OperatorTests(SharedPlatform shared)
{
    private readonly Platform _platform = shared.Platform;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string> Calls => [.. OperatorCalls.All.Append(OperatorCalls.Document).Select(call => call.Name)];

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_WithoutTheRightKey_IsRefused(string name)
    {
        var call = OperatorCalls.Find(name);

        Assert.Equal((401, "key-missing"), await AskAsync(call, null));
        Assert.Equal((401, "key-unknown"), await AskAsync(call, "no key of anybody"));
        Assert.Equal((401, "key-unknown"), await AskAsync(call, "slmk_0123456789ab_AAAA"));
        foreach (var role in Enum.GetValues<OperatorRole>().Where(role => role < call.Role))
        {
            var key = await _platform.Client.AddKeyAsync("weak", $"{role}".ToLowerInvariant(), 1, Cancelled);
            Assert.Equal((403, "role"), await AskAsync(call, key.Key));
        }
    }

    [Fact]
    public async Task HostKey_OpensNoCallAndMakesNoSecondAdmin()
    {
        using var http = Http();
        http.DefaultRequestHeaders.Add("x-functions-key", _platform.Local.Endpoints.FunctionsKey);

        using var list = await http.GetAsync(new Uri("models", UriKind.Relative), Cancelled);
        using var first = await http.PostAsync(new Uri("keys/first", UriKind.Relative), null, Cancelled);
        http.DefaultRequestHeaders.Clear();
        using var stranger = await http.PostAsync(new Uri("keys/first", UriKind.Relative), null, Cancelled);

        Assert.Equal(
            [HttpStatusCode.Unauthorized, HttpStatusCode.Conflict, HttpStatusCode.Unauthorized],
            [list.StatusCode, first.StatusCode, stranger.StatusCode]);
    }

    [Fact]
    public async Task Key_OfOneWhoOperates_DoesItIsAuditedAndEndsWhenRevoked()
    {
        var made = await _platform.Client.AddKeyAsync("ann", "operate", null, Cancelled);
        using var ann = new OperatorClient(_platform.Connection with { OperatorKey = made.Key });

        await ann.ChannelsAsync(Cancelled);
        await Assert.ThrowsAsync<CliException>(() => ann.CommandAsync("nothing-here", "pause", "why not", Cancelled));
        await Assert.ThrowsAsync<CliException>(() => ann.KeysAsync(Cancelled));
        await _platform.Client.RevokeKeyAsync(made.Status.Id, Cancelled);
        var refused = await Assert.ThrowsAsync<CliException>(() => ann.ChannelsAsync(Cancelled));

        Assert.Contains("was revoked", refused.Message, StringComparison.Ordinal);
        Assert.NotNull((await _platform.Client.KeysAsync(Cancelled)).Single(key => key.Id == made.Status.Id).RevokedAt);
        var log = await LogAsync();
        var mine = log.Where(entry => entry.Who.StartsWith("ann (", StringComparison.Ordinal)).ToList();
        Assert.Equal([null, 409], mine.Select(entry => entry.Status));
        Assert.Equal(mine[0].Seq, mine[1].Of);
        Assert.All(mine, entry => Assert.Equal("POST /api/v1/channels/nothing-here/rollout/pause?reason=why%20not", entry.Target));
        Assert.Contains(log, entry => entry.Who == "platform (settings)" && entry.Call == "RevokeKey" && entry.Status == 200);
        Assert.DoesNotContain(log, entry => entry.Target.Contains(made.Key, StringComparison.Ordinal));
    }

    private async Task<List<AuditEntry>> LogAsync()
    {
        List<AuditEntry> entries = [];
        while (true)
        {
            var page = await _platform.Client.AuditAsync(entries.Count, Cancelled);
            entries.AddRange(page.Entries);
            if (entries.Count >= page.LastSeq)
            {
                Assert.Null(AuditChain.Fault(entries, page.LastSeq, page.LastHash));
                return entries;
            }
        }
    }

    private async Task<(int Status, string? Code)> AskAsync(OperatorCall call, string? key)
    {
        using var http = Http();
        using var request = new HttpRequestMessage(
            new HttpMethod(call.Method.ToUpperInvariant()), new Uri(Placeholder().Replace(call.Route[3..], "x"), UriKind.Relative));
        request.Headers.Authorization = key is null ? null : AuthenticationHeaderValue.Parse($"Bearer {key}");
        using var answer = await http.SendAsync(request, Cancelled);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled));
        return ((int)answer.StatusCode, problem.RootElement.GetProperty("code").GetString());
    }

    private HttpClient Http() => new() { BaseAddress = new(_platform.Connection.FunctionsUrl, "/api/v1/") };

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Placeholder();
}
