using SlmOps.Contracts;

namespace SlmOps.Pipeline;

/// <summary>Every log message of the pipeline, with the same keys everywhere.</summary>
internal static partial class Log
{
    [LoggerMessage(100, LogLevel.Information, "Received {Model} {Version}: {Digest}, {Bytes} bytes")]
    internal static partial void ModelReceived(ILogger log, string model, string version, Digest digest, long bytes);

    [LoggerMessage(101, LogLevel.Warning, "Rejected {Model} {Version} in {Stage}: {Reason}")]
    internal static partial void ModelRejected(ILogger log, string model, string version, string stage, string reason);

    [LoggerMessage(102, LogLevel.Information, "Built {Model} {Version} {Variant} with {Recipe}: {Bytes} bytes in {ElapsedMs} ms")]
    internal static partial void VariantBuilt(
        ILogger log,
        string model,
        string version,
        string variant,
        string recipe,
        long bytes,
        long elapsedMs);

    [LoggerMessage(103, LogLevel.Information, "Judged {Model} {Version} {Variant}: accepted {Accepted}, {Reason}, in {ElapsedMs} ms")]
    internal static partial void VariantJudged(
        ILogger log,
        string model,
        string version,
        string variant,
        bool accepted,
        string reason,
        long elapsedMs);

    [LoggerMessage(104, LogLevel.Information, "Packaged {Model} {Version}: {Variants} variants in {ElapsedMs} ms")]
    internal static partial void ModelPackaged(ILogger log, string model, string version, int variants, long elapsedMs);

    [LoggerMessage(105, LogLevel.Information, "Released {Model} {Version} as {Digest} to channel {Channel}")]
    internal static partial void ModelReleased(ILogger log, string model, string version, Digest digest, string channel);

    [LoggerMessage(106, LogLevel.Error, "Gave up on {Model} {Version} {Variant} in {Stage}")]
    internal static partial void StageGaveUp(ILogger log, string model, string version, string variant, string stage);

    [LoggerMessage(107, LogLevel.Information, "Made {Deltas} deltas for {Model} {Version} of {Pairs} that were tried, in {ElapsedMs} ms")]
    internal static partial void DeltasMade(ILogger log, string model, string version, int deltas, int pairs, long elapsedMs);

    [LoggerMessage(108, LogLevel.Warning, "{Model} {Version} {Variant} goes without a delta from {Digest}: {Reason}")]
    internal static partial void DeltaLeftOut(ILogger log, string model, string version, string variant, Digest digest, string reason);

    [LoggerMessage(109, LogLevel.Warning, "{Model} {Version} goes without deltas: making them failed every time")]
    internal static partial void DeltasGivenUp(ILogger log, string model, string version);

    [LoggerMessage(
        118,
        LogLevel.Information,
        "Adapted {Base} with {Model} {Version}: {Variants} compositions, {Problems} problems, in {ElapsedMs} ms")]
    internal static partial void Adapted(
        ILogger log,
        string model,
        string version,
        string @base,
        int variants,
        int problems,
        long elapsedMs);

    [LoggerMessage(119, LogLevel.Information, "Lab: {Model} {Version} {Variant} on {Processor}: {ReasonCode}, {Reason}")]
    internal static partial void LabTried(
        ILogger log,
        string model,
        string version,
        string variant,
        string processor,
        string reasonCode,
        string reason);

    [LoggerMessage(
        122,
        LogLevel.Information,
        "Lab: {Model} {Version} {Variant} passed on {Passed} processors of {Tried} that were tried, in {ElapsedMs} ms")]
    internal static partial void LabDone(
        ILogger log,
        string model,
        string version,
        string variant,
        int passed,
        int tried,
        long elapsedMs);

    [LoggerMessage(123, LogLevel.Error, "{Stage} failed on a message at try {Attempt}")]
    internal static partial void JobFailed(ILogger log, string stage, long attempt, Exception failure);

    [LoggerMessage(110, LogLevel.Information, "Rollout {Run} is {State} in ring {Ring}. {Reason}")]
    internal static partial void RolloutMoved(ILogger log, string run, Enum state, int ring, string reason);

    [LoggerMessage(111, LogLevel.Information, "Published channel {Channel} version {ChannelVersion}")]
    internal static partial void ChannelPublished(ILogger log, string channel, long channelVersion);

    [LoggerMessage(
        112,
        LogLevel.Information,
        "Published metadata version {MetadataVersion} with targets version {TargetsVersion}: {Releases} releases")]
    internal static partial void MetadataPublished(ILogger log, long metadataVersion, long targetsVersion, int releases);

    [LoggerMessage(113, LogLevel.Warning, "The file metadata/{File} holds what this pipeline did not write; the next number is taken")]
    internal static partial void MetadataForeign(ILogger log, string file);

    [LoggerMessage(
        114,
        LogLevel.Warning,
        "The table of releases was empty; taken up from published metadata version {MetadataVersion}: {Releases} releases")]
    internal static partial void MetadataRecovered(ILogger log, long metadataVersion, int releases);

    [LoggerMessage(116, LogLevel.Information, "Channel {Channel} has the adaptation {Model} {Version} with {Compositions} compositions")]
    internal static partial void AdaptationPublished(ILogger log, string model, string version, string channel, int compositions);

    [LoggerMessage(117, LogLevel.Information, "Channel {Channel} no longer has the adaptation {Model} {Version}")]
    internal static partial void AdaptationWithdrawn(ILogger log, string channel, string model, string version);

    [LoggerMessage(120, LogLevel.Information, "Device {Device} is {State} with {Model} {Version} {Variant}. {Reason}")]
    internal static partial void DeviceReported(
        ILogger log,
        string device,
        string model,
        string version,
        DeviceState state,
        string variant,
        string reason);

    [LoggerMessage(121, LogLevel.Warning, "Two agents report as device {Device}: instances {Instance} and {Other}")]
    internal static partial void DeviceConflict(ILogger log, string device, string instance, string other);

    [LoggerMessage(125, LogLevel.Information, "Deleted {Blobs} blobs of packages, {Bytes} bytes")]
    internal static partial void GarbageCollected(ILogger log, int blobs, long bytes);

    [LoggerMessage(130, LogLevel.Warning, "Sending what was left behind in {Table} {Run}: {Row}")]
    internal static partial void OutboxSwept(ILogger log, string table, string run, string row);

    [LoggerMessage(131, LogLevel.Debug, "Ignored an upload event for {Subject}")]
    internal static partial void UploadIgnored(ILogger log, string subject);

    [LoggerMessage(132, LogLevel.Information, "{Stage} of {Model} {Version} {Variant} ended: the run is cancelled")]
    internal static partial void StageCancelled(ILogger log, string model, string version, string variant, string stage);

    [LoggerMessage(133, LogLevel.Error, "{Stage} of {Model} {Version} {Variant} is given up: the host died {Deaths} times over it")]
    internal static partial void HostDied(ILogger log, string model, string version, string variant, string stage, int deaths);

    [LoggerMessage(134, LogLevel.Information, "{Model} {Version} was cancelled by an operator")]
    internal static partial void RunCancelled(ILogger log, string model, string version);

    [LoggerMessage(135, LogLevel.Warning, "{Stage} of {Model} {Version} {Variant} is refused for want of room: {Reason}")]
    internal static partial void NoRoom(ILogger log, string model, string version, string variant, string stage, string reason);

    [LoggerMessage(136, LogLevel.Debug, "How far {Stage} of {Model} {Version} is could not be written down: {Reason}")]
    internal static partial void ProgressUnwritten(ILogger log, string model, string version, string stage, string reason);

    [LoggerMessage(137, LogLevel.Information, "Deleted {Folders} folders that dead stages left in {Folder}, {Bytes} bytes")]
    internal static partial void WorkSwept(ILogger log, string folder, int folders, long bytes);

    [LoggerMessage(138, LogLevel.Warning, "What dead stages may have left in {Folder} could not be deleted: {Reason}")]
    internal static partial void WorkUnswept(ILogger log, string folder, string reason);

    [LoggerMessage(141, LogLevel.Information, "Device {Device} is enrolled for channel {Channel} until {NotAfter}, with token {Token}")]
    internal static partial void DeviceEnrolled(ILogger log, string device, string channel, DateTimeOffset notAfter, string token);

    [LoggerMessage(142, LogLevel.Warning, "Device {Device} is not let in ({ReasonCode}): {Reason}")]
    internal static partial void DeviceRefused(ILogger log, string device, string reasonCode, string reason);

    [LoggerMessage(140, LogLevel.Information, "Audit {Seq}: {Operator} {Call} {Target} {Status}, hash {Hash}")]
    internal static partial void Audited(ILogger log, long seq, string @operator, string call, string target, int? status, string hash);
}
