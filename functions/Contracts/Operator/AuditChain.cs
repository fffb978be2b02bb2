using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SlmOps.Contracts.Operator;

/// <summary>
/// The chain of the audit log: an entry's hash is SHA-256 over its other members as JSON without spaces, members sorted by
/// name, absent ones left out, times as <c>2026-01-31T12:00:00.0000000Z</c>. Pure.
/// </summary>
public static class AuditChain
{
    private static readonly JsonWriterOptions Canonical = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What the first entry names as the one before.</summary>
    public static string Start { get; } = new('0', 64);

    /// <summary>The entry with its right hash.</summary>
    public static AuditEntry Sealed(AuditEntry entry) => entry with { Hash = HashOf(entry) };

    /// <summary>What is wrong with a whole log, naming the entry; null when it holds.</summary>
    /// <param name="entries">All entries, in the order in which they are kept.</param>
    /// <param name="lastSeq">Number of the newest entry, as the log says it.</param>
    /// <param name="lastHash">Its hash, as the log says it.</param>
    public static string? Fault(IEnumerable<AuditEntry> entries, long lastSeq, string lastHash)
    {
        var (seq, hash) = (0L, Start);
        foreach (var entry in entries)
        {
            var fault = entry switch
            {
                _ when entry.Seq > seq + 1 => $"Entry {seq + 1} is missing: {entry.Seq} stands in its place.",
                _ when entry.Seq != seq + 1 => $"Entry {entry.Seq} stands where {seq + 1} should: the order was changed.",
                _ when HashOf(entry) != entry.Hash => $"Entry {entry.Seq} was changed: its hash is not the one that it holds.",
                _ when entry.Previous != hash =>
                    $"Entry {entry.Seq} does not follow on entry {seq} as it is now: one of the two was written anew.",
                _ => null,
            };
            if (fault is not null)
            {
                return fault;
            }

            (seq, hash) = (entry.Seq, entry.Hash);
        }

        return seq < lastSeq ? $"Entry {seq + 1} is missing: the log goes on to {lastSeq}."
            : seq > lastSeq ? $"Entry {lastSeq + 1} was put at the end: the log ends with {lastSeq}."
            : hash != lastHash ? $"Entry {seq} was written anew: the log remembers another hash of it."
            : null;
    }

    private static string HashOf(AuditEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Canonical))
        {
            json.WriteStartObject();
            json.WriteString("call", entry.Call);
            if (entry.Of is { } of)
            {
                json.WriteNumber("of", of);
            }

            json.WriteString("previous", entry.Previous);
            json.WriteNumber("seq", entry.Seq);
            if (entry.Status is { } status)
            {
                json.WriteNumber("status", status);
            }

            json.WriteString("target", entry.Target);
            json.WriteString("time", entry.Time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
            json.WriteString("who", entry.Who);
            json.WriteEndObject();
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan));
    }
}
