using System.Diagnostics;
using System.Text.Json;
using Azure.Messaging;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Outbox;

/// <summary>
/// Something to send once the state that caused it is stored. Written in the same transaction as that state and
/// sent by <see cref="OutboxRelay"/>, so neither exists without the other.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Target">Queue name, or the channel whose document is to be published.</param>
/// <param name="Body">The message or the CloudEvent as JSON; empty for a channel document, which is made from the newest state.</param>
internal sealed record OutboxEntry(OutboxKind Kind, string Target, string Body)
{
    private static readonly JsonSerializerOptions Json = ContractsJson.Default.Options;

    internal static OutboxEntry Order(string queue, StageMessage message) =>
        new(OutboxKind.Message, queue, JsonSerializer.Serialize(message, Json));

    internal static OutboxEntry Rollout(RolloutMessage message) =>
        new(OutboxKind.Message, Queues.Rollouts, JsonSerializer.Serialize(message, Json));

    internal static OutboxEntry Channel(ChannelName channel) => new(OutboxKind.Channel, channel, "");

    /// <summary>
    /// A fact as a CloudEvent. The id is made of what it is about, so a fact that is sent twice has the same id
    /// twice and readers drop the second (CloudEvents 1.0: source and id together are unique).
    /// </summary>
    /// <param name="type">CloudEvents type.</param>
    /// <param name="subject">What it is about.</param>
    /// <param name="occurrence">Tells facts of one type and subject apart.</param>
    /// <param name="data">The event's data.</param>
    /// <param name="time">When it became true.</param>
    /// <param name="origin">Trace context to belong to when the current activity is of another trace, such as the clock's.</param>
    internal static OutboxEntry Fact(
        string type, string subject, string occurrence, object data, DateTimeOffset time, string? origin = null)
    {
        var json = BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(data, data.GetType(), Json));
        // As JSON, not as Base64: subscribers filter on data.*.
        var cloudEvent = new CloudEvent("/slmops/pipeline", type, json, "application/json", CloudEventDataFormat.Json)
        {
            Id = Digest.Of(System.Text.Encoding.UTF8.GetBytes($"{type}\n{subject}\n{occurrence}")).Hex[..32],
            Subject = subject,
            Time = time,
        };
        if (Traceparent(origin) is { } traceparent)
        {
            cloudEvent.ExtensionAttributes["traceparent"] = traceparent;
        }

        return new(OutboxKind.Event, type, JsonSerializer.Serialize(cloudEvent));
    }

    private static string? Traceparent(string? origin) =>
        Activity.Current is { } current
        && (!ActivityContext.TryParse(origin, null, out var context) || context.TraceId == current.TraceId)
            ? current.Id
            : origin;
}

internal enum OutboxKind
{
    Event,
    Message,
    Channel,
}
