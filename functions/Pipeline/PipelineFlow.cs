using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SlmOps.Contracts;
using SlmOps.Pipeline.Access;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Poison;
using SlmOps.Pipeline.Repository;
using SlmOps.Pipeline.Rollout;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline;

/// <summary>
/// The pipeline as the triggers of queues and timers see it: one method a trigger. A method reads its message, bounded, and hands the work to
/// its stage inside the message's trace.
/// </summary>
public sealed class PipelineFlow
{
    private const int MaxEventBytes = 64 * 1024;
    private static readonly TimeSpan SweepAfter = TimeSpan.FromSeconds(10);

    private readonly IServiceProvider _services;
    private readonly TimeProvider _time;
    private readonly ILogger<PipelineFlow> _log;

    internal PipelineFlow(IServiceProvider services) => (_services, _time, _log) = (
        services, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<PipelineFlow>>());

    /// <summary>Queue <c>model-uploads</c>: one BlobCreated event, CloudEvents or Event Grid schema.</summary>
    public Task IntakeAsync(string message, CancellationToken cancellationToken)
    {
        var (subject, traceparent) = UploadEvent.Read(Bounded(message, MaxEventBytes));
        if (UploadName.FromSubject(subject) is { } upload)
        {
            return PipelineTelemetry.RunAsync(
                _time, IntakeStage.Name, traceparent, null, null,
                () => IntakeAsync(upload, cancellationToken));
        }

        Log.UploadIgnored(_log, subject ?? "");
        return Task.CompletedTask;
    }

    /// <summary>The queue of a stage that works on runs.</summary>
    /// <param name="stage">Name of the stage.</param>
    /// <param name="message">A <see cref="StageMessage"/> as JSON.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task StageAsync(string stage, string message, CancellationToken cancellationToken)
    {
        var step = Flow.Find(stage);
        return ReadAsync(stage, stage, message, (run, variant) => Get<StageGuard>().RunAsync(
            run,
            step,
            variant,
            new(
                async token => StageNeeds.Of(step, variant, await Get<RunStore>().ReadAsync(run, token).ConfigureAwait(false)),
                (meter, ended) => Get<StageSet>().Of(step).RunAsync(Flow.Call(step, run, variant) with { Meter = meter }, ended),
                problem => Get<PoisonStage>().RunAsync(step, run, variant, problem, cancellationToken)),
            cancellationToken));
    }

    /// <summary>The poison queue of the same stage.</summary>
    /// <param name="stage">Name of the stage.</param>
    /// <param name="message">The message that it failed on every time.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task PoisonedAsync(string stage, string message, CancellationToken cancellationToken) => ReadAsync(
        stage, "poison", message, (run, variant) => Get<PoisonStage>().RunAsync(Flow.Find(stage), run, variant, null, cancellationToken));

    /// <summary>Queue <c>model-uploads-poison</c>.</summary>
    public Task UploadPoisonedAsync(string message, CancellationToken cancellationToken)
    {
        var (subject, traceparent) = UploadEvent.Read(Bounded(message, MaxEventBytes));
        return UploadName.FromSubject(subject) is { } upload
            ? PipelineTelemetry.RunAsync(
                _time, "poison", traceparent, null, null, () => Get<PoisonStage>().RunAsync(upload, null, cancellationToken))
            : Task.CompletedTask;
    }

    /// <summary>Queue <c>rollout-starts</c>: one ModelReleased event, CloudEvents or Event Grid schema.</summary>
    public Task RolloutRequestedAsync(string message, CancellationToken cancellationToken)
    {
        var (run, traceparent) = ReleasedEvent.Read(Bounded(message, MaxEventBytes));
        return PipelineTelemetry.RunAsync(
            _time, "rollout", traceparent, run, null, () => Get<RolloutStage>().StartAsync(run, cancellationToken));
    }

    /// <summary>Queue <c>rollouts</c>.</summary>
    public Task RolloutAsync(string message, CancellationToken cancellationToken)
    {
        var order = JsonSerializer.Deserialize(Bounded(message, StageMessage.MaxBytes), ContractsJson.Default.RolloutMessage);
        var stage = Get<RolloutStage>();
        return order switch
        {
            { Schema: StageMessage.CurrentSchema } when RunKey.TryParse(order.RunId, out var run) => PipelineTelemetry.RunAsync(
                _time, "rollout", order.Traceparent, run, null, () => stage.StartAsync(run, cancellationToken)),
            { Schema: StageMessage.CurrentSchema } when order.Channel is { } channel => PipelineTelemetry.RunAsync(
                _time, "rollout", order.Traceparent, null, null, () => stage.AdvanceAsync(channel, cancellationToken)),
            _ => throw new InvalidDataException($"'{message}' is not a rollout message of schema {StageMessage.CurrentSchema}."),
        };
    }

    /// <summary>Timer: deadlines, expiring metadata, channel documents and used tokens, and what a dead host left unsent.</summary>
    public async Task TickAsync(CancellationToken cancellationToken)
    {
        await Get<RunStore>().SweepAsync(SweepAfter, cancellationToken).ConfigureAwait(false);
        await Get<OutboxRelay>().SweepAsync(Get<DeviceStore>().Table, _time.GetUtcNow() - SweepAfter, cancellationToken)
            .ConfigureAwait(false);
        await Get<ReleaseRepository>().TickAsync(cancellationToken).ConfigureAwait(false);
        await Get<RolloutStage>().TickAsync(cancellationToken).ConfigureAwait(false);
        await Get<ReplayStore>().CollectAsync(_time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Before intake has read it, an upload is known by its name alone.</summary>
    private Task IntakeAsync(UploadName upload, CancellationToken cancellationToken)
    {
        var step = Flow.Find(IntakeStage.Name);
        return upload.Run is { } run
            ? Get<StageGuard>().RunAsync(
                run, step, null,
                new(
                    _ => Task.FromResult(StageNeed.None),
                    Work,
                    problem => Get<PoisonStage>().RunAsync(upload, problem, cancellationToken)),
                cancellationToken)
            : Work(new(), cancellationToken);

        Task Work(StageMeter meter, CancellationToken ended) => Get<IntakeStage>()
            .RunAsync(upload, meter, known => Flow.Call(step, known, null), ended);
    }

    /// <summary>Reads a message and does the work inside its trace.</summary>
    private Task ReadAsync(string stage, string span, string message, Func<RunKey, string?, Task> work)
    {
        var order = JsonSerializer.Deserialize(Bounded(message, StageMessage.MaxBytes), ContractsJson.Default.StageMessage);
        if (order is not { Schema: StageMessage.CurrentSchema }
            || !RunKey.TryParse(order.RunId, out var run)
            || (order.Variant is not null && !SafeName.IsValid(order.Variant))
            || (order.Variant is not null) != Flow.Find(stage).IsPerVariant)
        {
            throw new InvalidDataException($"'{message}' is not a message of stage {stage} and schema {StageMessage.CurrentSchema}.");
        }

        return PipelineTelemetry.RunAsync(_time, span, order.Traceparent, run, order.Variant, () => work(run, order.Variant));
    }

    private static string Bounded(string message, int most) => Encoding.UTF8.GetByteCount(message) <= most
        ? message
        : throw new InvalidDataException($"The message has more than {most} bytes.");

    private T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();
}
