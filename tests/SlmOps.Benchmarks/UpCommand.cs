using System.Diagnostics;
using System.Globalization;

namespace SlmOps.Benchmarks;

/// <summary>
/// Time from the start of <c>slmops up</c> to its last line, which names Ctrl+C, for several builds in turns: paths of
/// <c>slmops.dll</c>. Each start has a data folder of its own, then the same once more. What else the machine does makes the
/// clock slower, but not the processor time of the process and its children, which is shown too where there is /proc.
/// </summary>
internal static class UpCommand
{
    internal static async Task<int> RunAsync(string[] arguments)
    {
        var options = new Arguments(arguments);
        var (programs, rounds) = (options.Rest, options.Number("rounds", 5));
        if (programs.Count == 0)
        {
            Console.Error.WriteLine("Usage: up [--rounds N] <slmops.dll> …");
            return 2;
        }

        var (fresh, again) = (programs.ConvertAll(_ => new List<double>()), programs.ConvertAll(_ => new List<double>()));
        var work = programs.ConvertAll(_ => new List<double>());
        for (var round = 0; round <= rounds; round++)
        {
            for (var which = 0; which < programs.Count; which++)
            {
                var data = Directory.CreateTempSubdirectory().FullName;
                var (first, second) = (await StartAsync(programs[which], data), await StartAsync(programs[which], data));
                Directory.Delete(data, recursive: true);
                if (round > 0)
                {
                    fresh[which].Add(first.Clock);
                    again[which].Add(second.Clock);
                    work[which].Add(first.Processor);
                }
            }
        }

        for (var which = 0; which < programs.Count; which++)
        {
            Console.WriteLine(
                $"{programs[which]}: {Shown(fresh[which])} s with a new data folder, of which {Shown(work[which])} s of work; "
                + $"{Shown(again[which])} s with the same again");
        }

        return 0;
    }

    private static async Task<(double Clock, double Processor)> StartAsync(string program, string data)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", program, "up", "--data", data },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var since = Stopwatch.GetTimestamp();
        using var up = Process.Start(start)!;
        var ready = new TaskCompletionSource<double>(TaskCreationOptions.RunContinuationsAsynchronously);
        var last = "";
        DataReceivedEventHandler read = (_, line) =>
        {
            last = line.Data is { Length: > 0 } text ? text : last;
            if (line.Data?.Contains("Ctrl+C", StringComparison.Ordinal) == true)
            {
                ready.TrySetResult(Stopwatch.GetElapsedTime(since).TotalSeconds);
            }
        };
        up.OutputDataReceived += read;
        up.ErrorDataReceived += read;
        up.BeginOutputReadLine();
        up.BeginErrorReadLine();
        var ended = up.WaitForExitAsync();
        if (await Task.WhenAny(ready.Task, ended) == ended)
        {
            throw new InvalidOperationException($"{program} ended with {up.ExitCode} before it was ready: {last}");
        }

        var processor = Processor(up.Id);
        using (var term = Process.Start("kill", ["-TERM", up.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await term.WaitForExitAsync();
        }

        await ended;
        return (await ready.Task, processor);
    }

    /// <summary>Seconds that a process and its children have worked; 0 where that cannot be read.</summary>
    private static double Processor(int id)
    {
        // 4711 (name) S 4700 … utime stime: fields 14 and 15, in hundredths of a second.
        var processes = new Dictionary<int, (int Parent, double Seconds)>();
        foreach (var folder in Directory.Exists("/proc") ? Directory.GetDirectories("/proc") : [])
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var process))
            {
                continue;
            }

            try
            {
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
                processes[process] = (int.Parse(fields[1], CultureInfo.InvariantCulture), ticks / 100.0);
            }
            catch (IOException)
            {
                // One that ended just now.
            }
        }

        return SumOf(id);

        double SumOf(int process) => processes.GetValueOrDefault(process).Seconds
            + processes.Where(other => other.Value.Parent == process).Sum(other => SumOf(other.Key));
    }

    private static string Shown(List<double> seconds)
    {
        seconds.Sort();
        return string.Create(CultureInfo.InvariantCulture, $"{seconds[seconds.Count / 2]:F2} ({seconds[0]:F2} to {seconds[^1]:F2})");
    }
}
