namespace SlmOps.Pipeline.Storage;

/// <summary>Names of the containers.</summary>
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

/// <summary>Names of the tables.</summary>
internal static class Tables
{
    internal const string Runs = "runs";
    internal const string Rollouts = "rollouts";
    internal const string Devices = "devices";
    internal const string Reports = "reports";
    internal const string Repository = "repository";
    internal const string Access = "access";
    internal const string Audit = "audit";
    internal const string Replays = "replays";

    internal static readonly IReadOnlyList<string> All = [Runs, Rollouts, Devices, Reports, Repository, Access, Audit, Replays];
}
