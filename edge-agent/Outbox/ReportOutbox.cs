using System.Text;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Outbox;

/// <summary>
/// Reports that the service has not confirmed yet: one JSON document a line, after a header such as
/// <c>{"acked":17}</c>. Each report is on the disk before the step after it begins.
/// </summary>
internal sealed class ReportOutbox
{
    internal const int Capacity = 1000;
    private const long MaxFileBytes = 8 << 20;
    private readonly string _path;
    private readonly List<DeviceReport> _waiting = [];
    private long _acked;

    internal ReportOutbox(string path)
    {
        _path = path;
        Load();
    }

    internal int Count => _waiting.Count;

    /// <summary>Highest number ever put in.</summary>
    internal long LastSeq => _waiting.Count > 0 ? Math.Max(_acked, _waiting[^1].Seq) : _acked;

    /// <summary>Reports that had to make room, since the start of the process.</summary>
    internal int Dropped { get; private set; }

    /// <summary>Adds a report; one that is in or was confirmed already is not added again.</summary>
    internal void Append(DeviceReport report)
    {
        if (report.Seq <= LastSeq)
        {
            return;
        }

        _waiting.Add(report);
        if (_waiting.Count > Capacity)
        {
            // How a deployment ended decides about the rollout, how it went does not: that makes room first.
            var oldest = _waiting.FindIndex(one => one.Deployment is not { } status || !LifecycleTable.IsFinal(status.State));
            _waiting.RemoveAt(oldest < 0 ? 0 : oldest);
            Dropped++;
            Rewrite();
            return;
        }

        using var file = File.OpenHandle(_path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        var length = RandomAccess.GetLength(file);
        RandomAccess.Write(file, length == 0 ? [.. Header(), .. Line(report)] : Line(report), length);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>The oldest reports, as many as one batch holds.</summary>
    internal IReadOnlyList<DeviceReport> Peek() => _waiting.GetRange(0, Math.Min(_waiting.Count, DeviceReport.MaxBatch));

    /// <summary>Drops everything up to this number.</summary>
    internal void Acknowledge(long seq)
    {
        _acked = Math.Max(_acked, seq);
        if (_waiting.RemoveAll(report => report.Seq <= seq) > 0)
        {
            Rewrite();
        }
    }

    private void Load()
    {
        if (DurableFile.Read(_path, MaxFileBytes) is not { } bytes)
        {
            return;
        }

        var lines = Encoding.UTF8.GetString(bytes).Split('\n');
        _acked = Parse(lines[0], OutboxJson.Default.OutboxHeader)?.Acked ?? 0;
        foreach (var line in lines.Skip(1).Where(line => line.Length > 0))
        {
            // The power may have gone in the middle of the last line; its report is made again from the state.
            if (Parse(line, ContractsJson.Default.DeviceReport) is { } report && report.Seq > LastSeq)
            {
                _waiting.Add(report);
            }
        }

        if (bytes.Length > 0 && bytes[^1] != '\n')
        {
            Rewrite();
        }
    }

    private void Rewrite() => DurableFile.Write(_path, [.. Header(), .. _waiting.SelectMany(Line)]);

    private byte[] Header() => [.. JsonSerializer.SerializeToUtf8Bytes(new(_acked), OutboxJson.Default.OutboxHeader), (byte)'\n'];

    private static byte[] Line(DeviceReport report) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(report, ContractsJson.Default.DeviceReport), (byte)'\n'];

    private static T? Parse<T>(string line, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(line, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
