using SlmOps.Contracts;

namespace SlmOps.Pipeline;

/// <summary>THE MAP: what each stage reads, what it publishes and where its work goes next.</summary>
internal static class Flow
{
    internal static readonly IReadOnlyList<Step> Steps =
    [
        new("intake", Queues.ModelUploads, [EventTypes.ModelReceived, EventTypes.ModelRejected], [Queues.Quantize, Queues.Adapt]),
        new("quantize", Queues.Quantize, [EventTypes.ModelQuantized], [Queues.Validate]),
        new("validate", Queues.Validate, [EventTypes.ModelValidated], [Queues.Package]),
        new("package", Queues.Package, [EventTypes.ModelPackaged, EventTypes.ModelRejected], [Queues.Deltas]),
        new("deltas", Queues.Deltas, [], [Queues.Release]),
        new("release", Queues.Release, [EventTypes.ModelReleased], []),
        new("adapt", Queues.Adapt, [EventTypes.AdaptationReleased, EventTypes.ModelRejected], [Queues.Rollouts]),
        // ModelReleased comes back through Event Grid, so that others can start rollouts of their own from it.
        new("rollout", Queues.RolloutStarts, [EventTypes.RolloutStarted, EventTypes.RingStarted], []),
        new("rollout", Queues.Rollouts,
            [EventTypes.RolloutStarted, EventTypes.RingStarted, EventTypes.RingPassed, EventTypes.RolloutPaused,
             EventTypes.RolledBack, EventTypes.RolloutCompleted], []),
    ];

    internal sealed record Step(
        string Stage, string Queue, IReadOnlyList<string> Publishes, IReadOnlyList<string> ContinuesOn);

    internal static class Containers
    {
        internal const string Drop = "drop";
        internal const string Models = "models";
        internal const string Artifacts = "artifacts";
        internal const string Packages = "packages";
        internal const string Channels = "channels";
        internal const string DeadLetters = "deadletter";

        internal static readonly IReadOnlyList<string> All = [Drop, Models, Artifacts, Packages, Channels, DeadLetters];
    }

    internal static class Queues
    {
        internal const string ModelUploads = "model-uploads";
        internal const string Quantize = "quantize";
        internal const string Validate = "validate";
        internal const string Package = "package";
        internal const string Deltas = "deltas";
        internal const string Release = "release";
        internal const string Adapt = "adapt";
        internal const string RolloutStarts = "rollout-starts";
        internal const string Rollouts = "rollouts";

        internal static readonly IReadOnlyList<string> All =
            [ModelUploads, Quantize, Validate, Package, Deltas, Release, Adapt, RolloutStarts, Rollouts];

        /// <summary>
        /// Where the host puts a message that failed every time and a function ends the waiting. A rollout that could not
        /// start waits there for an operator; one that runs needs nothing, since the timer looks at it again.
        /// </summary>
        internal static readonly IReadOnlyList<string> Poison =
            [.. All.Where(queue => queue is not (RolloutStarts or Rollouts)).Select(queue => $"{queue}-poison")];
    }

    internal static class Tables
    {
        internal const string Runs = "runs";
        internal const string Rollouts = "rollouts";
        internal const string Devices = "devices";
        internal const string Reports = "reports";
        internal const string Repository = "repository";

        internal static readonly IReadOnlyList<string> All = [Runs, Rollouts, Devices, Reports, Repository];
    }
}
