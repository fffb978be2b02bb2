using System.Text;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Outbox;

/// <summary>
/// Reports that the service has not confirmed yet: one JSON document a line, after a header such as
/// <c>{"acked":17}</c>. Each report is on the disk before the step after it begins. Safe for several threads.
/// </summary>
internal sealed class ReportOutbox
{
    internal const int Capacity = 1000;
    private const long MaxFileBytes = 8 << 20;
    private readonly string _path;
    private readonly Lock _gate = new();
    private readonly List<DeviceReport> _waiting = [];
    private long _acked;

    // A write that failed may have left half a line: the next one writes the file anew.
    private bool _torn;

    internal ReportOutbox(string path)
    {
        _path = path;
        Load();
    }

    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Highest number ever put in.</summary>
    internal long LastSeq
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count > 0 ? Math.Max(_acked, _waiting[^1].Seq) : _acked;
            }
        }
    }

    /// <summary>What was wrong with the file when it was read; null when nothing was.</summary>
    internal string? Damage { get; private set; }

    /// <summary>Reports that had to make room, since the start of the process.</summary>
    internal int Dropped { get; private set; }

    /// <summary>Adds a report; one that is in or was confirmed already is not added again.</summary>
    internal void Append(DeviceReport report)
    {
        lock (_gate)
        {
            if (report.Seq <= LastSeq)
            {
                return;
            }

            _waiting.Add(report);
            if (_waiting.Count > Capacity)
            {
                _waiting.RemoveAt(LeastMissed());
                Dropped++;
                _torn = true;
            }

            if (_torn)
            {
                Rewrite();
                return;
            }

            _torn = true;
            DiskPath.ClearForFile(_path);
            using var file = File.OpenHandle(_path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
            var length = RandomAccess.GetLength(file);
            RandomAccess.Write(file, length == 0 ? [.. Header(), .. Line(report)] : Line(report), length);
            RandomAccess.FlushToDisk(file);
            _torn = false;
        }
    }

    /// <summary>The oldest reports, as many as one batch holds.</summary>
    internal IReadOnlyList<DeviceReport> Peek(int most = DeviceReport.MaxBatch)
    {
        lock (_gate)
        {
            return _waiting.GetRange(0, Math.Min(_waiting.Count, most));
        }
    }

    /// <summary>Drops everything up to this number.</summary>
    internal void Acknowledge(long seq)
    {
        lock (_gate)
        {
            _acked = Math.Max(_acked, seq);
            if (_waiting.RemoveAll(report => report.Seq <= seq) > 0)
            {
                Rewrite();
            }
        }
    }

    /// <summary>Numbers what waits anew, in its order; whatever was numbered above counts as never said.</summary>
    internal void Renumber(long first)
    {
        lock (_gate)
        {
            for (var index = 0; index < _waiting.Count; index++)
            {
                _waiting[index] = _waiting[index] with { Seq = first + index };
            }

            _acked = first - 1;
            Rewrite();
        }
    }

    /// <summary>
    /// Which report makes room: the oldest that is neither the first nor the last word on a deployment, else the oldest that
    /// ends none. How a deployment began and how it ended decides about the rollout, how it went does not.
    /// </summary>
    private int LeastMissed()
    {
        var words = _waiting.Where(report => report.Deployment is not null).GroupBy(Subject)
            .SelectMany(about => new[] { about.First().Seq, about.Last().Seq }).ToHashSet();
        var oldest = _waiting.FindIndex(report => !words.Contains(report.Seq));
        oldest =
            oldest >= 0
                ? oldest
                : _waiting.FindIndex(report => report.Deployment is not { } status || !LifecycleTable.IsFinal(status.State));
        return oldest >= 0 ? oldest : 0;
    }

    private static (string?, Digest, Digest) Subject(DeviceReport report) =>
        (report.Deployment!.RolloutId, report.Deployment.Release, report.Deployment.Composition);

    private void Load()
    {
        var bytes = DurableFile.Read(_path, MaxFileBytes, out var damage);
        Damage = damage;
        if (damage is not null)
        {
            DiskPath.PutAside(_path);
        }

        if (bytes is null)
        {
            return;
        }

        var lines = Encoding.UTF8.GetString(bytes).Split('\n');
        _acked = Parse(lines[0], OutboxJson.Default.OutboxHeader)?.Acked ?? 0;
        var lost = Parse(lines[0], OutboxJson.Default.OutboxHeader) is null ? 1 : 0;
        foreach (var line in lines.Skip(1).Where(line => line.Length > 0))
        {
            // The power may have gone in the middle of the last line; its report is made again from the state.
            if (Parse(line, ContractsJson.Default.DeviceReport) is { } report && report.Seq > LastSeq && _waiting.Count < Capacity)
            {
                _waiting.Add(report);
            }
            else
            {
                lost++;
            }
        }

        if (lost > 0 || bytes[^1] != '\n')
        {
            Damage = $"{lost} lines cannot be read";
            Rewrite();
        }
    }

    private void Rewrite()
    {
        _torn = true;
        DurableFile.Write(_path, [.. Header(), .. _waiting.SelectMany(Line)]);
        _torn = false;
    }

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
