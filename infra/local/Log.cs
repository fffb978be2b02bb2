using Microsoft.Extensions.Logging;

namespace SlmOps.Local;

/// <summary>Every log message of the local platform.</summary>
internal static partial class Log
{
    [LoggerMessage(101, LogLevel.Warning, "Event {EventId} to {Subscription}: {Outcome} at attempt {Attempt}; next at {Due}")]
    public static partial void WillRetry(
        this ILogger log, string eventId, string subscription, string outcome, int attempt, DateTimeOffset due);

    [LoggerMessage(
        102,
        LogLevel.Error,
        "Event {EventId} to {Subscription} is given up: {Reason} after {Attempts} attempts, the last was {Outcome}")]
    public static partial void GaveUp(this ILogger log, string eventId, string subscription, string reason, int attempts, string outcome);

    [LoggerMessage(103, LogLevel.Error, "Dead letter of event {EventId} to {Subscription} cannot be written to container {Container}")]
    public static partial void DeadLetterFailed(
        this ILogger log, Exception exception, string eventId, string subscription, string container);

    [LoggerMessage(104, LogLevel.Warning, "Webhook of {Subscription} has not passed the handshake: {Why}")]
    public static partial void HandshakeFailed(this ILogger log, string subscription, string why);

    [LoggerMessage(
        201,
        LogLevel.Error,
        "{Api} of {Container}/{Blob} is stored, but its event could not be raised; the client is told to try again")]
    public static partial void EventNotRaised(this ILogger log, Exception exception, string api, string container, string blob);

    [LoggerMessage(301, LogLevel.Information, "{Function} done in {Milliseconds:0} ms")]
    public static partial void Invoked(this ILogger log, string function, double milliseconds);

    [LoggerMessage(302, LogLevel.Error, "{Function}: {Outcome} after {Milliseconds:0} ms")]
    public static partial void InvocationFailed(
        this ILogger log, Exception exception, string function, string outcome, double milliseconds);

    [LoggerMessage(304, LogLevel.Warning, "Message {MessageId} of {Queue} goes to {PoisonQueue} after {DequeueCount} attempts")]
    public static partial void Poison(this ILogger log, string messageId, string queue, string poisonQueue, long dequeueCount);

    [LoggerMessage(305, LogLevel.Warning, "Queue {Queue} cannot be read: {Why}; trying again")]
    public static partial void QueueUnreadable(this ILogger log, string queue, string why);

    [LoggerMessage(306, LogLevel.Warning, "Message {MessageId} of {Queue} cannot be {Step}: {Why}")]
    public static partial void MessageStepFailed(this ILogger log, string messageId, string queue, string step, string why);

    [LoggerMessage(307, LogLevel.Information, "Functions at {Url}:{Table}")]
    public static partial void FunctionTable(this ILogger log, Uri url, string table);

    [LoggerMessage(308, LogLevel.Information, "Functions host stops; {Running} invocations run")]
    public static partial void HostStopping(this ILogger log, int running);

    [LoggerMessage(309, LogLevel.Information, "Worker {Worker} runs, library {Version}: {Functions} functions after {Milliseconds:0} ms")]
    public static partial void WorkerStarted(this ILogger log, int worker, string version, int functions, double milliseconds);

    [LoggerMessage(
        310,
        LogLevel.Error,
        "Worker {Worker} has ended by itself, {Obituary}. Another one starts in {Delay}; messages in work come back")]
    public static partial void WorkerDied(this ILogger log, int worker, string obituary, TimeSpan delay);

    [LoggerMessage(311, LogLevel.Error, "No worker could be started: {Why} The next attempt is in {Delay}")]
    public static partial void WorkerNotStarted(this ILogger log, string why, TimeSpan delay);

    [LoggerMessage(312, LogLevel.Warning, "Worker {Worker} is ended and started again: {Why}")]
    public static partial void WorkerRestarted(this ILogger log, int worker, string why);

    [LoggerMessage(313, LogLevel.Warning, "Worker {Worker} was left behind by a host that is gone; it was ended")]
    public static partial void OrphanEnded(this ILogger log, int worker);

    [LoggerMessage(
        315,
        LogLevel.Warning,
        "Message {MessageId} of {Queue} failed in attempt {DequeueCount} and stays hidden until its lease ends: there is no poison queue for it")]
    public static partial void LeftHidden(this ILogger log, string messageId, string queue, long dequeueCount);

    [LoggerMessage(314, LogLevel.Warning, "{Function} is {Summary}")]
    public static partial void NotServed(this ILogger log, string function, string summary);

    [LoggerMessage(401, LogLevel.Information, "Local platform at {Url}, data in {Folder}")]
    public static partial void PlatformStarted(this ILogger log, Uri url, string folder);

    [LoggerMessage(402, LogLevel.Critical, "{Part} has stopped; the platform ends")]
    public static partial void PartDied(this ILogger log, Exception exception, string part);
}
