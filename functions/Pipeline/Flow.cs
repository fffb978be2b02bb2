using SlmOps.Pipeline.Adapt;
using SlmOps.Pipeline.Deltas;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Package;
using SlmOps.Pipeline.Quantize;
using SlmOps.Pipeline.Release;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Validate;

using static SlmOps.Contracts.EventTypes;
using static SlmOps.Pipeline.Runs.GivenUp;

namespace SlmOps.Pipeline;

/// <summary>
/// THE MAP: each stage with its result, its facts, where its work goes next, what a message means that it failed on every
/// time, and who does the work. Everything else that must know the stages asks here.
/// </summary>
internal static class Flow
{
    internal static readonly IReadOnlyList<FlowStep> Steps =
    [
        new(IntakeStage.Name, RunRecord.Row, [ModelReceived, ModelRejected], ["quantize", "adapt"], RejectsRun)
        {
            Queue = "model-uploads",
            Computes = true,
        },
        new("quantize", QuantizeResult.Prefix, [ModelQuantized], ["validate"], RefusesVariant, typeof(QuantizeStage)) { Computes = true },
        new("validate", ValidateResult.Prefix, [ModelValidated], ["lab"], RefusesVariant, typeof(ValidateStage)) { Computes = true },
        new("lab", LabResult.Prefix, [], ["package"], GoesWithout, typeof(LabStage))
        {
            Computes = true,
            IsAsked = record => record.Manifest.Lab is not null,
        },
        new("package", PackageResult.Row, [ModelPackaged, ModelRejected], ["deltas"], RejectsRun, typeof(PackageStage)),
        new("deltas", DeltaResult.Row, [], ["release"], GoesWithout, typeof(DeltaStage)) { Computes = true },
        new("release", ReleaseResult.Row, [ModelReleased], ["rollout-start"], RejectsRun, typeof(ReleaseStage)),
        new("adapt", AdaptResult.Row, [AdaptationReleased, ModelRejected], ["rollout"], RejectsRun, typeof(AdaptStage))
        {
            OnAdaptations = true,
            Computes = true,
        },
        // ModelReleased comes back through Event Grid, so that others can start rollouts of their own from it.
        new("rollout-start", null, [RolloutStarted, RingStarted], [], WaitsForOperator) { Queue = "rollout-starts" },
        new(
            "rollout", null,
            [RolloutStarted, RingStarted, RingPassed, RolloutPaused, RolledBack, RolloutCompleted, DeviceConflict], [], TriesAgain)
        {
            Queue = Outbox.Queues.Rollouts,
        },
    ];

    /// <summary>Where the host puts a message that a stage failed on every time; null where no function waits for those.</summary>
    internal static string? PoisonQueueOf(FlowStep step) => step.GivenUp is TriesAgain or WaitsForOperator ? null : $"{step.Queue}-poison";

    /// <summary>Every queue that a function reads.</summary>
    internal static readonly IReadOnlyList<string> Queues =
    [
        .. Steps.Select(step => step.Queue),
        .. Steps.Select(PoisonQueueOf).OfType<string>(),
    ];

    internal static FlowStep Find(string stage) => Steps.First(step => step.Name == stage);

    internal static IReadOnlyList<FlowStep> NextOf(FlowStep step) => [.. step.Next.Select(Find)];

    internal static StageCall Call(FlowStep step, RunKey run, string? variant) => new(step, NextOf(step), run, variant) { After = NextOf };
}
