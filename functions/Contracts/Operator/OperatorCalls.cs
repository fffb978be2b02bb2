namespace SlmOps.Contracts.Operator;

/// <summary>Every call of the operators' interface, declared once; the OpenAPI document is made from this.</summary>
public static class OperatorCalls
{
    private static readonly OperatorJson Json = OperatorJson.Default;
    private static readonly Dictionary<int, string> Unknown = new() { [404] = "There is no such thing." };
    private static readonly Dictionary<int, string> Conflict = new() { [409] = "The present state does not allow it." };

    /// <summary>The call that gives the document; it is not in it.</summary>
    public static OperatorCall Document { get; } =
        new("OpenApi", "get", "v1/openapi.json", OperatorRole.Read, "Describes this interface.", Json.Fault);

    /// <summary>The call of a name.</summary>
    public static OperatorCall Find(string name) => name == Document.Name ? Document : All.Single(call => call.Name == name);

    /// <summary>The calls, and which role each needs: the only place that says so.</summary>
    public static IReadOnlyList<OperatorCall> All { get; } =
    [
        new("Models", "get", "v1/models", OperatorRole.Read, "Lists runs, oldest first.", Json.IReadOnlyListModelSummary),
        new("Model", "get", "v1/models/{model}/{version}", OperatorRole.Read, "Tells everything about one run.", Json.RunStatus)
        {
            Refusals = Unknown,
        },
        new("SecurityFloor", "post", "v1/models/{model}/{version}/security-floor", OperatorRole.Operate,
            "Lets devices install and fall back to nothing older than this release; it never goes down.", Json.OperatorResult)
        {
            Refusals = Unknown,
        },
        new("CancelRun", "post", "v1/models/{model}/{version}/cancel", OperatorRole.Operate,
            "Ends a run at the stage where it is.", Json.OperatorResult)
        {
            Refusals = new Dictionary<int, string> { [404] = "There is no such thing.", [409] = "The present state does not allow it." },
        },
        new("Channels", "get", "v1/channels", OperatorRole.Read, "Lists channels and what they run.", Json.IReadOnlyListChannelStatus),
        new("Devices", "get", "v1/devices", OperatorRole.Read, "Lists the devices of a channel.", Json.IReadOnlyListDeviceStatus)
        {
            Query = new Dictionary<string, string> { ["channel"] = "Channel whose devices are listed; required." },
        },
        new("RolloutCommand", "post", "v1/channels/{channel}/rollout/{action}", OperatorRole.Operate,
            "Pauses, resumes or rolls back the rollout of a channel; action is pause, resume, skip (resume without the open ring) or rollback.",
            Json.OperatorResult)
        {
            Query = new Dictionary<string, string> { ["reason"] = "Why, at most 500 characters." },
            Refusals = Conflict,
        },
        new("StartRollout", "post", "v1/channels/{channel}/rollouts/{model}/{version}", OperatorRole.Operate,
            "Starts another rollout of a release, in its channel or in another one.", Json.OperatorResult)
        {
            Refusals = Conflict,
        },
        new("Garbage", "get", "v1/garbage", OperatorRole.Read, "Tells which package blobs no release needs any more.", Json.GarbageReport),
        new("Collect", "delete", "v1/garbage/{plan}", OperatorRole.Admin, "Deletes exactly what that plan showed.", Json.GarbageReport)
        {
            Refusals = Conflict,
        },
        new("AdaptationWithdraw", "post", "v1/channels/{channel}/adaptations/{name}/withdraw", OperatorRole.Operate,
            "Takes an adaptation out of a channel.", Json.OperatorResult)
        {
            Query = new Dictionary<string, string> { ["version"] = "Only this version; all of them without it." },
            Refusals = Conflict,
        },
        new("Tokens", "get", "v1/tokens", OperatorRole.Read, "Lists the tokens that devices enrol with.",
            Json.IReadOnlyListEnrolmentTokenStatus),
        new("AddToken", "post", "v1/tokens", OperatorRole.Operate,
            "Makes a token that devices enrol with; the answer alone shows it.", Json.NewEnrolmentToken)
        {
            Query = new Dictionary<string, string>
            {
                ["uses"] = "How many devices may come in with it; 1 without it.",
                ["hours"] = "Hours until it ends; 24 without it.",
                ["channel"] = "The only channel it is for.",
                ["device"] = "The only device it is for, which may then have another key than before, or have been revoked.",
            },
        },
        new("RevokeToken", "delete", "v1/tokens/{id}", OperatorRole.Operate, "Revokes an enrolment token, at once.", Json.OperatorResult)
        {
            Refusals = Unknown,
        },
        new("RevokeDevice", "post", "v1/devices/{device}/revoke", OperatorRole.Operate,
            "Refuses a device from now on, and takes it out of its channel's fleet.", Json.OperatorResult)
        {
            Refusals = Unknown,
        },
        new("RemoveDevice", "delete", "v1/devices/{device}", OperatorRole.Operate,
            "Takes a device that will not come back out of a channel's fleet; one that reports again is new.", Json.OperatorResult)
        {
            Query = new Dictionary<string, string> { ["channel"] = "Its channel; required." },
            Refusals = Unknown,
        },
        new("Keys", "get", "v1/keys", OperatorRole.Admin, "Lists the operators' keys.", Json.IReadOnlyListOperatorKeyStatus),
        new("AddKey", "post", "v1/keys", OperatorRole.Admin, "Makes a key for an operator; the answer alone shows it.", Json.NewOperatorKey)
        {
            Query = new Dictionary<string, string>
            {
                ["name"] = "Whose it is, a name.",
                ["role"] = "read, operate or admin.",
                ["days"] = "Days until it ends, 1 to 3650; without it, it does not.",
            },
        },
        new("RevokeKey", "delete", "v1/keys/{id}", OperatorRole.Admin, "Revokes a key, at once.", Json.OperatorResult)
        {
            Refusals = Unknown,
        },
        new("Audit", "get", "v1/audit", OperatorRole.Read, "Gives a piece of the audit log.", Json.AuditPage)
        {
            Query = new Dictionary<string, string> { ["after"] = "Number of the entry before the first one wanted; 0 without it." },
        },
    ];
}
