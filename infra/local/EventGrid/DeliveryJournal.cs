using System.Buffers;
using System.Text.Json;

namespace SlmOps.Local.EventGrid;

/// <summary>An event and the subscriptions that still wait for it.</summary>
internal sealed record JournalEntry(long Number, DateTimeOffset AcceptedAt, AcceptedEvent Event, HashSet<string> Waiting);

/// <summary>
/// Remembers on disk what was accepted and not yet delivered. One JSON line an entry: an accepted event with its
/// subscriptions, or a settled delivery. An accepted event is on the disk before it is acknowledged; a settled mark may
/// be lost in a crash, which delivers once more. A last line without its end is the trace of a crash and is cut off.
/// <code>
/// {"n":7,"at":"2025-11-24T06:30:00Z","topic":"slmops","for":["console"],"event":{…}}
/// {"done":7,"by":"console"}
/// </code>
/// </summary>
internal sealed class DeliveryJournal : IDisposable
{
    private const long CompactAbove = 4 * 1024 * 1024;
    private const long MaxBytes = 512 * 1024 * 1024;
    private readonly string _path;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, JournalEntry> _open = [];
    private readonly int _maxOpen;
    private FileStream _file;
    private long _last;
    private long _compactAt = CompactAbove;

    private DeliveryJournal(string path, int maxOpen, FileStream file)
    {
        _path = path;
        _maxOpen = maxOpen;
        _file = file;
    }

    /// <summary>Opens the journal in the folder and reads what is still open.</summary>
    public static DeliveryJournal Open(string folder, int maxOpen)
    {
        PrivateFile.Folder(folder);
        var path = Path.Combine(folder, "deliveries.jsonl");
        File.Delete(path + ".new");
        var journal = new DeliveryJournal(path, maxOpen, OpenFile(path, FileMode.OpenOrCreate));
        journal.Load();
        journal.Compact();
        return journal;
    }

    /// <summary>What waits, oldest first.</summary>
    public IReadOnlyList<JournalEntry> Waiting
    {
        get
        {
            lock (_gate)
            {
                return [.. _open.Values.OrderBy(entry => entry.Number).Select(entry => entry with { Waiting = [.. entry.Waiting] })];
            }
        }
    }

    /// <summary>
    /// Puts events and their subscriptions on the disk; null when too much waits already. Events nobody wants get no entry.
    /// </summary>
    public IReadOnlyList<JournalEntry>? Accept(
        IReadOnlyList<(AcceptedEvent Event, IReadOnlyList<string> Subscriptions)> events, DateTimeOffset now)
    {
        lock (_gate)
        {
            var wanted = events.Where(item => item.Subscriptions.Count > 0).ToArray();
            if (_open.Count + wanted.Length > _maxOpen || _file.Length > MaxBytes)
            {
                return null;
            }

            var entries = wanted.Select(item => new JournalEntry(++_last, now, item.Event, [.. item.Subscriptions])).ToArray();
            if (entries.Length > 0)
            {
                var buffer = new ArrayBufferWriter<byte>();
                foreach (var entry in entries)
                {
                    Write(buffer, entry);
                }

                _file.Write(buffer.WrittenSpan);
                _file.Flush(flushToDisk: true);
            }

            foreach (var entry in entries)
            {
                _open.Add(entry.Number, entry);
            }

            return [.. entries.Select(entry => entry with { Waiting = [.. entry.Waiting] })];
        }
    }

    /// <summary>Marks a delivery as settled.</summary>
    public void Settle(long number, string subscription)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(number, out var entry) || !entry.Waiting.Remove(subscription))
            {
                return;
            }

            if (entry.Waiting.Count == 0)
            {
                _open.Remove(number);
            }

            var buffer = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                json.WriteNumber("done", number);
                json.WriteString("by", subscription);
                json.WriteEndObject();
            }

            buffer.Write("\n"u8);
            _file.Write(buffer.WrittenSpan);
            _file.Flush();
            if (_file.Length > _compactAt)
            {
                Compact();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file.Dispose();
        }
    }

    private static FileStream OpenFile(string path, FileMode mode) =>
        new(path, mode, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);

    private static void Write(ArrayBufferWriter<byte> buffer, JournalEntry entry)
    {
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("n", entry.Number);
            json.WriteString("at", entry.AcceptedAt);
            json.WriteString("topic", entry.Event.Topic);
            json.WriteStartArray("for");
            foreach (var subscription in entry.Waiting)
            {
                json.WriteStringValue(subscription);
            }

            json.WriteEndArray();
            json.WritePropertyName("event");
            entry.Event.Body.WriteTo(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
    }

    private void Load()
    {
        using var reader = new StreamReader(_file, leaveOpen: true);
        long whole = 0;
        while (reader.ReadLine() is { } line)
        {
            if (!Apply(line))
            {
                break;
            }

            whole += System.Text.Encoding.UTF8.GetByteCount(line) + 1;
        }

        _file.SetLength(Math.Min(whole, _file.Length));
        _file.Seek(0, SeekOrigin.End);
    }

    private bool Apply(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.TryGetProperty("done", out var done))
            {
                if (_open.TryGetValue(done.GetInt64(), out var settled)
                    && settled.Waiting.Remove(root.GetProperty("by").GetString()!) && settled.Waiting.Count == 0)
                {
                    _open.Remove(settled.Number);
                }

                return true;
            }

            var entry = new JournalEntry(
                root.GetProperty("n").GetInt64(),
                root.GetProperty("at").GetDateTimeOffset(),
                AcceptedEvent.From(root.GetProperty("topic").GetString()!, root.GetProperty("event").Clone()),
                [.. root.GetProperty("for").EnumerateArray().Select(item => item.GetString()!)]);
            _open[entry.Number] = entry;
            _last = Math.Max(_last, entry.Number);
            return true;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    private void Compact()
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var entry in _open.Values.OrderBy(entry => entry.Number))
        {
            Write(buffer, entry);
        }

        var file = OpenFile(_path + ".new", FileMode.Create);
        file.Write(buffer.WrittenSpan);
        file.Flush(flushToDisk: true);
        _file.Dispose();
        File.Move(_path + ".new", _path, overwrite: true);
        _file = file;
        _compactAt = Math.Max(CompactAbove, 2 * file.Length);
    }
}
