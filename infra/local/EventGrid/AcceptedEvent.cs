using System.Text.Json;

namespace SlmOps.Local.EventGrid;

/// <summary>An event the emulator took, always in CloudEvents 1.0 form.</summary>
/// <param name="Topic">Topic name.</param>
/// <param name="Id">Event id; unique together with the source.</param>
/// <param name="Source">Who says it.</param>
/// <param name="Type">What happened.</param>
/// <param name="Subject">What it happened to, or an empty string.</param>
/// <param name="Body">The whole event.</param>
internal sealed record AcceptedEvent(
    string Topic, string Id, string Source, string Type, string Subject, JsonElement Body)
{
    /// <summary>Reads an event that <see cref="EventReader"/> made or checked.</summary>
    public static AcceptedEvent From(string topic, JsonElement body) => new(
        topic,
        body.GetProperty("id").GetString()!,
        body.GetProperty("source").GetString()!,
        body.GetProperty("type").GetString()!,
        body.TryGetProperty("subject", out var subject) ? subject.GetString() ?? "" : "",
        body);
}
