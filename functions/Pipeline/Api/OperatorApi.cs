using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Collect;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Repository;
using SlmOps.Pipeline.Rollout;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Api;

/// <summary>What people and their tools ask for over HTTP.</summary>
internal sealed class OperatorApi(
    StatusReader status, RunStore runs, RunCancel cancel, RolloutStore rollouts, DeviceStore devices, RolloutStage stage,
    CollectStage collector, ReleaseRepository repository, AdaptationPublisher adaptations)
{
    private const string NoRun = $"Model and version must be names: {SafeName.Rule}.";
    private static readonly OperatorJson Json = OperatorJson.Default;

    internal async Task<IResult> ModelsAsync(CancellationToken cancellationToken)
    {
        var all = await runs.ListRunsAsync(cancellationToken).ConfigureAwait(false);
        return Answer(
            [.. all.OrderBy(run => run.ReceivedAt).Select(run => new ModelSummary(run.Model, run.Version, run.ReceivedAt))],
            Json.IReadOnlyListModelSummary);
    }

    internal async Task<IResult> ModelAsync(string model, string version, CancellationToken cancellationToken)
    {
        if (RunKey.Of(model, version) is not { } run)
        {
            return Results.Problem(NoRun, statusCode: 400);
        }

        return await status.FindAsync(run, cancellationToken).ConfigureAwait(false) is { } found
            ? Answer(found, Json.RunStatus)
            : Results.Problem($"Nothing was uploaded as {model} {version}.", statusCode: 404);
    }

    internal async Task<IResult> SecurityFloorAsync(string model, string version, CancellationToken cancellationToken)
    {
        if (RunKey.Of(model, version) is not { } run)
        {
            return Results.Problem(NoRun, statusCode: 400);
        }

        return await repository.RaiseFloorAsync(run.Model, run.Version, cancellationToken).ConfigureAwait(false) is { } listed
            ? Answer(
                new(true, $"Devices install and fall back to no release of {model} below sequence {listed.SecurityFloor}."),
                Json.OperatorResult)
            : Results.Problem($"{model} {version} was not released.", statusCode: 404);
    }

    internal async Task<IResult> CancelAsync(string model, string version, CancellationToken cancellationToken)
    {
        if (RunKey.Of(model, version) is not { } run)
        {
            return Results.Problem(NoRun, statusCode: 400);
        }

        return await cancel.CancelAsync(run, cancellationToken).ConfigureAwait(false) switch
        {
            null => Results.Problem($"Nothing was uploaded as {model} {version}.", statusCode: 404),
            { Done: true, Message: var done } => Answer(new(true, done), Json.OperatorResult),
            { Message: var refused } => Results.Problem(refused, statusCode: 409),
        };
    }

    internal async Task<IResult> ChannelsAsync(CancellationToken cancellationToken) =>
        Answer(
            [.. (await rollouts.ListChannelsAsync(cancellationToken).ConfigureAwait(false)).Select(ToStatus.Of)],
            Json.IReadOnlyListChannelStatus);

    internal async Task<IResult> DevicesAsync(string? channel, CancellationToken cancellationToken)
    {
        if (!ChannelName.TryParse(channel, out var wanted))
        {
            return Results.Problem($"Name a channel: ?channel= and {SafeName.Rule}.", statusCode: 400);
        }

        var fleet = await devices.ListAsync(wanted, cancellationToken).ConfigureAwait(false);
        var clock = await rollouts.ClockAsync(cancellationToken).ConfigureAwait(false);
        return Answer([.. fleet.Select(device => ToStatus.Of(device, clock))], Json.IReadOnlyListDeviceStatus);
    }

    internal async Task<IResult> GarbageAsync(CancellationToken cancellationToken) =>
        Answer(await collector.PlanAsync(cancellationToken).ConfigureAwait(false), Json.GarbageReport);

    internal async Task<IResult> CollectAsync(string plan, CancellationToken cancellationToken) =>
        await collector.DeleteAsync(plan, cancellationToken).ConfigureAwait(false) is { } report
            ? Answer(report, Json.GarbageReport)
            : Results.Problem("What can be deleted has changed since that plan was made; ask for the plan again.", statusCode: 409);

    internal async Task<IResult> CommandAsync(string channel, string action, string? reason, CancellationToken cancellationToken)
    {
        RolloutMove? move = action switch
        {
            "pause" => RolloutMove.Pause,
            "resume" or "skip" => RolloutMove.Resume,
            "rollback" => RolloutMove.RollBack,
            _ => null,
        };
        if (move is null || !ChannelName.TryParse(channel, out var name))
        {
            return Results.Problem($"Use pause, resume, skip or rollback, and a channel of {SafeName.Rule}.", statusCode: 400);
        }

        var result = await stage
            .CommandAsync(
                name,
                move.Value,
                action == "skip",
                reason is { Length: > 0 and <= 500 } ? reason : "asked for by an operator",
                cancellationToken)
            .ConfigureAwait(false);
        return result.Done ? Answer(result, Json.OperatorResult) : Results.Problem(result.Message, statusCode: 409);
    }

    /// <summary>Another rollout of a release, in the channel that is named.</summary>
    internal async Task<IResult> StartAsync(string channel, string model, string version, CancellationToken cancellationToken)
    {
        if (!ChannelName.TryParse(channel, out var name) || !RunKey.TryParse($"{model}@{version}", out var run))
        {
            return Results.Problem($"Channel, model and version must be names: {SafeName.Rule}.", statusCode: 400);
        }

        var result = await stage.StartAgainAsync(name, run, cancellationToken).ConfigureAwait(false);
        return result.Done ? Answer(result, Json.OperatorResult) : Results.Problem(result.Message, statusCode: 409);
    }

    /// <summary>Takes a device out of a channel's fleet: no ring waits for it. One that reports again is new.</summary>
    internal async Task<IResult> RemoveDeviceAsync(string? channel, string device, CancellationToken cancellationToken)
    {
        if (!ChannelName.TryParse(channel, out var name) || !DeviceId.TryParse(device, out var id))
        {
            return Results.Problem($"Name a device, and its channel in the query: {SafeName.Rule}.", statusCode: 400);
        }

        if ((await devices.ListAsync(name, cancellationToken).ConfigureAwait(false)).All(known => known.Id != id))
        {
            return Results.Problem($"No device '{id}' has reported in the channel '{name}'.", statusCode: 404);
        }

        await devices.ForgetAsync(name, id, cancellationToken).ConfigureAwait(false);
        return Answer(new OperatorResult(true, $"'{id}' is out of the fleet of '{name}'."), Json.OperatorResult);
    }

    internal async Task<IResult> WithdrawAdaptationAsync(string channel, string name, string? version, CancellationToken cancellationToken)
    {
        if (!ChannelName.TryParse(channel, out var from)
            || !ModelName.TryParse(name, out var adaptation)
            || (!ModelVersion.TryParse(version, out var one) && version is not null))
        {
            return Results.Problem($"Channel, adaptation and version must be names: {SafeName.Rule}.", statusCode: 400);
        }

        var only = version is null ? default(ModelVersion?) : one;
        var result = await adaptations.WithdrawAsync(from, adaptation, only, cancellationToken).ConfigureAwait(false);
        return result.Done ? Answer(result, Json.OperatorResult) : Results.Problem(result.Message, statusCode: 409);
    }

    /// <summary>The interface describes itself; nothing in it is secret.</summary>
    internal static IResult Document() => Results.Text(OpenApiDocument.Text, "application/json");

    private static IResult Answer<T>(T value, JsonTypeInfo<T> type) => Results.Json(value, type);
}
