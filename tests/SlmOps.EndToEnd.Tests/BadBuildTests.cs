using Azure.Data.Tables;
using SlmOps.Contracts.Operator;
using SlmOps.Cli.Agent;
using SlmOps.Cli.Demo;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.EndToEnd.Tests;

/// <summary>A build that answers other than its smoke test says.</summary>
public sealed class BadBuildTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BadBuild_NeverBecomesActive_AndTheRolloutGoesBack()
    {
        await using var platform = await Platform.StartAsync(withFunctions: false);
        await platform.StartFunctionsAsync();
        using var folder = new Folder();
        await using var fleet = new DemoFleet();
        fleet.Start(
            platform.Connection,
            "speller",
            [new AgentProfile("real", "1GiB", "balanced", "0.3", new Dictionary<string, string> { ["site"] = "lab" })],
            folder.Path);
        await using var later = await SimulatedDevice.StartAsync(platform, "later", "speller");
        await Wait.ForAsync(
            "both devices",
            () => platform.Client.DevicesAsync("speller", Cancelled),
            seen => seen.Count == 2,
            seen => $"{seen.Count}");

        var good = Models.Decoder("speller", "1.0", 301, "int8");
        await platform.UploadAsync(good);
        var first = await platform.UntilAsync(good, RunState.Finished);
        var goodManifest = first.Devices.Single(device => device.Id == "real").Active;
        Assert.Contains(goodManifest, first.Variants.Select(variant => variant.Digest));
        var goodVersion = await VersionAsync(platform);

        await platform.StartFunctionsAsync("Package");
        var bad = Models.Decoder("speller", "2.0", 302, "int8");
        await platform.UploadAsync(bad);
        await platform.UntilAsync(bad.Model, bad.Version, "validated", status => status.Variants.All(variant => variant.Accepted == true));
        await SpoilAsync(platform, "speller@2.0", "fp32", "int8");
        await platform.StartFunctionsAsync();
        var second = await platform.UntilAsync(bad, RunState.RolledBack);

        var real = second.Devices.Single(device => device.Id == "real");
        Assert.Equal(DeviceState.FailedNoStateChange, real.State);
        Assert.Equal(goodManifest, real.Active);
        Assert.Contains("log-probabilities differ by 2 on average", real.Reason, StringComparison.Ordinal);
        Assert.Contains("real", second.Rollout!.Reason, StringComparison.Ordinal);
        Assert.Equal([RingState.Error, RingState.Scheduled], second.Rollout.Rings.Select(ring => ring.State));
        Assert.DoesNotContain(later.Reported, report => report.Release == second.ReleaseDigest);
        Assert.Single(await platform.EventsAsync(EventTypes.RolledBack, "rollouts/speller@2.0"));
        Assert.Single(await platform.EventsAsync(EventTypes.RingStarted, "rollouts/speller@2.0"));

        var document = (await Wait.ForAsync(
            "the device to see the withdrawal",
            () => Task.FromResult(later.Document), seen => seen!.Withdrawn.Count > 0, seen => $"version {seen!.Version}"))!;
        Assert.True(document.Version > goodVersion);
        Assert.Equal([second.ReleaseDigest], document.Withdrawn);
        Assert.Equal(first.ReleaseDigest, document.Stable!.Digest);
        Assert.Contains(first.Variants, variant => variant.Digest == later.Active);
    }

    private static async Task<long> VersionAsync(Platform platform) =>
        (await platform.Client.ChannelsAsync(Cancelled)).Single(channel => channel.Channel == "speller").Version;

    /// <summary>Makes the smoke test of a validated variant expect what the variant never says.</summary>
    private static async Task SpoilAsync(Platform platform, string run, params string[] variants)
    {
        var table = platform.Tables.GetTableClient("runs");
        foreach (var variant in variants)
        {
            var stored = (await table.FindAsync<ValidateResult>(run, ValidateResult.Row(variant), Cancelled))!;
            var smoke = stored.Value.SmokeTest!;
            var spoiled = stored.Value with
            {
                SmokeTest = smoke with
                {
                    Prompts = [.. smoke.Prompts.Select(prompt => prompt with
                    {
                        Forced = prompt.Forced! with
                        {
                            Whole = prompt.Forced.Whole with
                            {
                                LogProbs = [.. prompt.Forced.Whole.LogProbs.Select(logProb => logProb - 2)],
                            },
                        },
                    })],
                },
            };
            await table.UpdateEntityAsync(
                JsonRow.Write(run, ValidateResult.Row(variant), spoiled),
                stored.ETag,
                TableUpdateMode.Replace,
                Cancelled);
        }
    }
}
