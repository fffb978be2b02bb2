using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Logging;

/// <summary>Everything the agent logs; the same keys as in the pipeline: Model, Version, Digest, Device, Ring.</summary>
internal static partial class Log
{
    [LoggerMessage(
        1,
        LogLevel.Information,
        "slmops-agent {AgentVersion}: device {Device} follows {Channel} at {Url}; a model may use {MemoryBytes} bytes.")]
    internal static partial void Started(ILogger log, string agentVersion, string device, string channel, Uri url, long memoryBytes);

    [LoggerMessage(2, LogLevel.Information, "Stopped; the journal is complete.")]
    internal static partial void Stopped(ILogger log);

    [LoggerMessage(3, LogLevel.Error, "Cannot start: {Reason}")]
    internal static partial void CannotStart(ILogger log, string reason);

    [LoggerMessage(
        4,
        LogLevel.Error,
        "'{Folder}' is held by the agent of device {Device}, process {ProcessId}, since {Since}. Stop that one, or use another --data.")]
    internal static partial void FolderHeld(ILogger log, string folder, string device, int processId, DateTimeOffset? since);

    [LoggerMessage(5, LogLevel.Warning, "Tokens go to {Url} unencrypted; use https.")]
    internal static partial void TokensInTheClear(ILogger log, Uri url);

    [LoggerMessage(
        6,
        LogLevel.Warning,
        "'{File}' is damaged: {Reason}. What stood there is kept as '{File}.damaged' where it is small, and made anew.")]
    internal static partial void FileDamaged(ILogger log, string file, string reason);

    [LoggerMessage(7, LogLevel.Error, "The data folder cannot be written; the agent tries again.")]
    internal static partial void DiskFault(ILogger log, Exception exception);

    [LoggerMessage(8, LogLevel.Warning, "The journal was made anew from the slots: {What}")]
    internal static partial void StateRebuilt(ILogger log, string what);

    [LoggerMessage(40, LogLevel.Information, "Enrolled as {Device} for channel {Channel}; the certificate is good until {NotAfter}.")]
    internal static partial void Enrolled(ILogger log, string device, string channel, DateTimeOffset notAfter);

    [LoggerMessage(41, LogLevel.Warning, "Not enrolled: {Reason} The agent tries again in {WaitSeconds:0} s.")]
    internal static partial void NotEnrolled(ILogger log, string reason, double waitSeconds);

    [LoggerMessage(42, LogLevel.Warning, "The clock is off by {Offset} at {Clock}, says the service; its time is used with it.")]
    internal static partial void ClockCorrected(ILogger log, TimeSpan offset, DateTimeOffset clock);

    [LoggerMessage(
        43, LogLevel.Warning, "The service takes no report numbered {Seq} or above; those that wait are numbered anew from {First}.")]
    internal static partial void ReportsRenumbered(ILogger log, long seq, long first);

    [LoggerMessage(10, LogLevel.Information, "Channel {Channel} is at version {ChannelVersion}.")]
    internal static partial void ChannelFollowed(ILogger log, string channel, long channelVersion);

    [LoggerMessage(11, LogLevel.Information, "Channel {Channel} has nothing yet.")]
    internal static partial void ChannelAbsent(ILogger log, string channel);

    [LoggerMessage(12, LogLevel.Warning, "Channel {Channel} cannot be reached: {Reason}")]
    internal static partial void ChannelUnreachable(ILogger log, string channel, string reason);

    [LoggerMessage(13, LogLevel.Warning, "The document of channel {Channel} is refused ({ReasonCode}): {Reason}")]
    internal static partial void ChannelRefused(ILogger log, string channel, string? reasonCode, string? reason);

    [LoggerMessage(20, LogLevel.Debug, "Plan: {Steps}.")]
    internal static partial void Planned(ILogger log, string steps);

    [LoggerMessage(21, LogLevel.Information, "Nothing to do: {Because} {Detail} (active: {Model} {Version} {Variant})")]
    internal static partial void NothingToDo(ILogger log, Because because, string? detail, string? model, string? version, string? variant);

    [LoggerMessage(22, LogLevel.Debug, "{Step} of {Model} {Version} {Digest}.")]
    internal static partial void StepStarted(ILogger log, string step, string? model, string? version, string? digest);

    [LoggerMessage(23, LogLevel.Information, "{Model} {Version} {Variant}: {State} (ring {Ring}, attempt {Attempt}) {ReasonCode}")]
    internal static partial void StateEntered(
        ILogger log, string model, string version, string? variant, string? ring, int attempt, DeviceState state, string? reasonCode);

    [LoggerMessage(24, LogLevel.Information, "Variant {Variant} of {Bytes} bytes: {Reason}.")]
    internal static partial void VariantChosen(ILogger log, string variant, long bytes, string reason);

    [LoggerMessage(25, LogLevel.Warning, "{Model} {Version} {Digest} failed ({Kind}, {ReasonCode}): {Reason}")]
    internal static partial void StepFailed(
        ILogger log, string model, string version, string digest, FailureKind kind, string reasonCode, string reason);

    [LoggerMessage(
        32,
        LogLevel.Warning,
        "The service knows reports of this device up to {Highest}, and these ended with {Seq}; they go on above.")]
    internal static partial void ReportsGoOn(ILogger log, long seq, long highest);

    [LoggerMessage(33, LogLevel.Information, "The channel changed meanwhile; now {Plan}.")]
    internal static partial void PlanMadeAnew(ILogger log, string plan);

    [LoggerMessage(
        34,
        LogLevel.Information,
        "What failed here may be tried again: {Why} ({Releases} releases and {Compositions} compositions).")]
    internal static partial void Pardoned(ILogger log, string why, int releases, int compositions);

    [LoggerMessage(35, LogLevel.Warning, "Holds ({HoldCode}): {Reason}")]
    internal static partial void Holds(ILogger log, string holdCode, string reason);

    [LoggerMessage(26, LogLevel.Error, "{Plans} plans in a row led nowhere; waiting.")]
    internal static partial void PlansDoNotSettle(ILogger log, int plans);

    [LoggerMessage(27, LogLevel.Warning, "The delta {Digest} to {Variant} is left ({ReasonCode}), files are fetched whole: {Reason}")]
    internal static partial void DeltaLeft(ILogger log, string digest, string variant, string reasonCode, string reason);

    [LoggerMessage(28, LogLevel.Debug, "{Variant}: {Bytes} of {WholeBytes} bytes are to be fetched, {Deltas} files by delta.")]
    internal static partial void FetchPlanned(ILogger log, string variant, long bytes, long wholeBytes, int deltas);

    [LoggerMessage(29, LogLevel.Warning, "The freshness metadata starts again from the root in trust.json: {Reason}.")]
    internal static partial void FreshnessStartsAgain(ILogger log, string reason);

    [LoggerMessage(40, LogLevel.Warning, "The model in charge is damaged. {What}")]
    internal static partial void SlotDamaged(ILogger log, string what);

    [LoggerMessage(41, LogLevel.Warning, "Slot {Slot} could not be restored: {Reason}")]
    internal static partial void SlotNotRestored(ILogger log, Slot slot, string reason);

    [LoggerMessage(42, LogLevel.Warning, "'{Path}' does not belong into its slot and was removed.")]
    internal static partial void StrangerRemoved(ILogger log, string path);

    [LoggerMessage(30, LogLevel.Warning, "The service refuses {Reports} reports, {FirstSeq} to {LastSeq}, which are dropped: {Reason}")]
    internal static partial void ReportsRefused(ILogger log, int reports, long firstSeq, long lastSeq, string reason);

    [LoggerMessage(31, LogLevel.Warning, "{Reports} reports wait {Seconds:0.0} s: {Reason}")]
    internal static partial void ReportsPostponed(ILogger log, int reports, double seconds, string reason);
}
