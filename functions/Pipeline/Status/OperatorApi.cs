using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SlmOps.Contracts;
using SlmOps.Pipeline.Adapt;
using SlmOps.Pipeline.Rollout;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Telemetry;

namespace SlmOps.Pipeline.Status;

/// <summary>What people and their tools ask for over HTTP.</summary>
internal sealed class OperatorApi(
    StatusReader status, RunStore runs, RolloutStore rollouts, DeviceStore devices, RolloutStage stage, OverlayStage overlays)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    internal async Task<IResult> ModelsAsync(CancellationToken cancellationToken)
    {
        var all = await runs.ListRunsAsync(cancellationToken).ConfigureAwait(false);
        return Results.Json(all.OrderBy(run => run.ReceivedAt).Select(run => new { run.Model, run.Version, run.ReceivedAt }), Json);
    }

    internal async Task<IResult> ModelAsync(string model, string version, CancellationToken cancellationToken)
    {
        if (!SafeName.IsValid(model) || !SafeName.IsValid(version))
        {
            return Results.Problem($"Model and version must be names: {SafeName.Rule}.", statusCode: 400);
        }

        return await status.FindAsync(new(model, version), cancellationToken).ConfigureAwait(false) is { } found
            ? Results.Json(found, Json)
            : Results.Problem($"Nothing was uploaded as {model} {version}.", statusCode: 404);
    }

    internal async Task<IResult> ChannelsAsync(CancellationToken cancellationToken) =>
        Results.Json(await rollouts.ListChannelsAsync(cancellationToken).ConfigureAwait(false), Json);

    internal async Task<IResult> DevicesAsync(string? channel, CancellationToken cancellationToken)
    {
        if (!SafeName.IsValid(channel))
        {
            return Results.Problem($"Name a channel: ?channel= and {SafeName.Rule}.", statusCode: 400);
        }

        var fleet = await devices.ListAsync(channel, cancellationToken).ConfigureAwait(false);
        return Results.Json(fleet.Select(StatusReader.Device), Json);
    }

    internal async Task<IResult> CommandAsync(string channel, string action, string? reason, CancellationToken cancellationToken)
    {
        RolloutTrigger? trigger = action switch
        {
            "pause" => RolloutTrigger.Pause,
            "resume" => RolloutTrigger.Resume,
            "rollback" => RolloutTrigger.RollBack,
            _ => null,
        };
        if (trigger is null || !SafeName.IsValid(channel))
        {
            return Results.Problem($"Use pause, resume or rollback, and a channel of {SafeName.Rule}.", statusCode: 400);
        }

        var result = await stage.CommandAsync(channel, trigger.Value, reason is { Length: > 0 and <= 500 } ? reason : "asked for by an operator", cancellationToken)
            .ConfigureAwait(false);
        return result.Done ? Results.Json(result, Json) : Results.Problem(result.Message, statusCode: 409);
    }
    internal async Task<IResult> WithdrawOverlayAsync(string channel, string name, string? version, CancellationToken cancellationToken)
    {
        if (!SafeName.IsValid(channel) || !SafeName.IsValid(name) || (version is not null && !SafeName.IsValid(version)))
        {
            return Results.Problem($"Channel, adaptation and version must be names: {SafeName.Rule}.", statusCode: 400);
        }

        var result = await overlays.WithdrawAsync(channel, name, version, cancellationToken).ConfigureAwait(false);
        return result.Done ? Results.Json(result, Json) : Results.Problem(result.Message, statusCode: 409);
    }
}
