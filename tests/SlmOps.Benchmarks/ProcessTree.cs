using System.Globalization;

namespace SlmOps.Benchmarks;

/// <summary>What a part of a process tree has used.</summary>
/// <param name="Read">Bytes that its calls read, sockets and pipes included.</param>
/// <param name="Written">Bytes that its calls wrote.</param>
/// <param name="Seconds">Processor time.</param>
/// <param name="Resident">Memory now, in bytes.</param>
internal readonly record struct Used(long Read, long Written, double Seconds, long Resident)
{
    public static Used operator +(Used a, Used b) =>
        new(a.Read + b.Read, a.Written + b.Written, a.Seconds + b.Seconds, a.Resident + b.Resident);
}

/// <summary>
/// What a process and its children have used, from /proc. Children that ended count with what was last seen of them, so it is
/// asked often.
/// </summary>
internal sealed class ProcessTree(int root)
{
    private readonly Dictionary<(int Id, string Start), (Used Used, bool IsAzurite)> _seen = [];

    /// <summary>Looks at all that run now.</summary>
    internal void Look()
    {
        foreach (var key in _seen.Keys.ToList())
        {
            _seen[key] = (_seen[key].Used with { Resident = 0 }, _seen[key].IsAzurite);
        }

        var found = new Dictionary<int, (int Parent, string Start, double Seconds, long Resident)>();
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && Text(folder, "stat") is { } stat)
            {
                // 4711 (name) S 4700 …: parent, utime, stime, starttime and rss are fields 4, 14, 15, 22 and 24.
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                var seconds = (Number(fields[11]) + Number(fields[12])) / 100.0;
                found[id] = ((int)Number(fields[1]), fields[19], seconds, Number(fields[21]) * Environment.SystemPageSize);
            }
        }

        foreach (var (id, process) in found.Where(one => IsBelow(one.Key)))
        {
            var folder = $"/proc/{id}";
            if (Text(folder, "io") is { } io)
            {
                var lines = io.Split('\n').Select(line => line.Split(": ")).Where(pair => pair.Length == 2)
                    .ToDictionary(pair => pair[0], pair => Number(pair[1]));
                _seen[(id, process.Start)] = (
                    new(lines["rchar"], lines["wchar"], process.Seconds, process.Resident),
                    Text(folder, "cmdline")?.Contains("azurite", StringComparison.OrdinalIgnoreCase) == true);
            }
        }

        bool IsBelow(int id)
        {
            for (var at = id; found.TryGetValue(at, out var process); at = process.Parent)
            {
                if (at == root)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>The sum over Azurite's processes, or over all others.</summary>
    internal Used Sum(bool azurite) =>
        _seen.Values.Where(one => one.IsAzurite == azurite).Aggregate(default(Used), (sum, one) => sum + one.Used);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string? Text(string folder, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, name));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
