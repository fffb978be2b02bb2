namespace SlmOps.Contracts.Operator;

/// <summary>Every call of the operators' interface, declared once; the OpenAPI document is made from this.</summary>
public static class OperatorCalls
{
    private static readonly OperatorJson Json = OperatorJson.Default;
    private static readonly Dictionary<int, string> Unknown = new() { [404] = "There is no such thing." };
    private static readonly Dictionary<int, string> Conflict = new() { [409] = "The present state does not allow it." };

    /// <summary>Name of the call that gives the document.</summary>
    public const string Document = "OpenApi";

    /// <summary>Route of the document.</summary>
    public const string DocumentRoute = "v1/openapi.json";

    /// <summary>The calls.</summary>
    public static IReadOnlyList<OperatorCall> All { get; } =
    [
        new("Models", "get", "v1/models", "Lists runs, oldest first.", Json.IReadOnlyListModelSummary),
        new("Model", "get", "v1/models/{model}/{version}", "Tells everything about one run.", Json.RunStatus) { Refusals = Unknown },
        new("SecurityFloor", "post", "v1/models/{model}/{version}/security-floor",
            "Lets devices install and fall back to nothing older than this release; it never goes down.", Json.OperatorResult)
        {
            Refusals = Unknown,
        },
        new("CancelRun", "post", "v1/models/{model}/{version}/cancel", "Ends a run at the stage where it is.", Json.OperatorResult)
        {
            Refusals = new Dictionary<int, string> { [404] = "There is no such thing.", [409] = "The present state does not allow it." },
        },
        new("Channels", "get", "v1/channels", "Lists channels and what they run.", Json.IReadOnlyListChannelStatus),
        new("Devices", "get", "v1/devices", "Lists the devices of a channel.", Json.IReadOnlyListDeviceStatus)
        {
            Query = new Dictionary<string, string> { ["channel"] = "Channel whose devices are listed; required." },
        },
        new("RolloutCommand", "post", "v1/channels/{channel}/rollout/{action}",
            "Pauses, resumes or rolls back the rollout of a channel; action is pause, resume or rollback.", Json.OperatorResult)
        {
            Query = new Dictionary<string, string> { ["reason"] = "Why, at most 500 characters." },
            Refusals = Conflict,
        },
        new("Garbage", "get", "v1/garbage", "Tells which package blobs no release needs any more.", Json.GarbageReport),
        new("Collect", "delete", "v1/garbage/{plan}", "Deletes exactly what that plan showed.", Json.GarbageReport) { Refusals = Conflict },
        new("AdaptationWithdraw", "post", "v1/channels/{channel}/adaptations/{name}/withdraw",
            "Takes an adaptation out of a channel.", Json.OperatorResult)
        {
            Query = new Dictionary<string, string> { ["version"] = "Only this version; all of them without it." },
            Refusals = Conflict,
        },
    ];
}
