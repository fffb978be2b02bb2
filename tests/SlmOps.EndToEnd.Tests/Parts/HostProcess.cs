using System.Diagnostics;
using System.Text.Json;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>What is killed.</summary>
internal enum Victim
{
    /// <summary>The host alone; its worker must end by itself.</summary>
    Host,

    /// <summary>The worker alone; its host must start another.</summary>
    Worker,

    /// <summary>Both at once.</summary>
    Both,
}

/// <summary>The functions host in a process of its own, with its worker; both can be killed.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Queue<string> _output = new();

    private readonly string _records;

    private HostProcess(Process process, string dataFolder) => (_process, _records) = (process, Path.Combine(dataFolder, "workers"));

    internal bool HasExited => _process.HasExited;

    internal string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join(Environment.NewLine, _output);
            }
        }
    }

    internal static HostProcess Start(string dataFolder, int leaseSeconds)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(output.Parent!.Parent!.FullName, "SlmOps.Cli", output.Name, "slmops.dll");
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", program, "host", "--data", dataFolder, "--lease", $"{leaseSeconds}" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // These deaths come from outside, one after another, whatever is being worked on.
        start.Environment["SlmOps__MaxHostDeaths"] = "50";
        var host = new HostProcess(new Process { StartInfo = start }, dataFolder);
        DataReceivedEventHandler keep = (_, line) =>
        {
            lock (host._output)
            {
                host._output.Enqueue(line.Data ?? "");
                while (host._output.Count > 20)
                {
                    host._output.Dequeue();
                }
            }
        };
        host._process.OutputDataReceived += keep;
        host._process.ErrorDataReceived += keep;
        host._process.Start();
        host._process.BeginOutputReadLine();
        host._process.BeginErrorReadLine();
        return host;
    }

    /// <summary>SIGKILL: nothing in the process runs after it. It returns when the worker is gone too, whoever was killed.</summary>
    internal async Task KillAsync(Victim victim)
    {
        var workers = Workers();
        try
        {
            if (victim is Victim.Host or Victim.Both)
            {
                _process.Kill();
            }

            if (victim is Victim.Worker or Victim.Both)
            {
                workers.ForEach(worker => worker.Kill());
            }

            await Task.WhenAll(workers.Select(worker => worker.WaitForExitAsync()));
            if (victim is Victim.Host or Victim.Both)
            {
                await _process.WaitForExitAsync();
            }
        }
        finally
        {
            workers.ForEach(worker => worker.Dispose());
        }
    }

    /// <summary>Kills one process that a worker of this host started, such as one that runs a model; false when there is none.</summary>
    internal bool KillChild(Random random)
    {
        var workers = Workers();
        var children = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Select(name => (Id: int.Parse(name!, System.Globalization.CultureInfo.InvariantCulture), Parent: ParentOf(name!)))
            .Where(process => workers.Exists(worker => worker.Id == process.Parent))
            .Select(process => process.Id)
            .ToArray();
        workers.ForEach(worker => worker.Dispose());
        try
        {
            using var child = children.Length == 0 ? null : Process.GetProcessById(children[random.Next(children.Length)]);
            child?.Kill();
            return child is not null;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static int ParentOf(string process)
    {
        try
        {
            // 4711 (name with (anything)) S 4700 …
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>The workers that this host remembers and that run.</summary>
    private List<Process> Workers()
    {
        List<Process> workers = [];
        foreach (var record in Directory.Exists(_records) ? Directory.GetFiles(_records, "*.json") : [])
        {
            try
            {
                using var known = JsonDocument.Parse(File.ReadAllText(record));
                if (known.RootElement.GetProperty("host").GetInt32() == _process.Id)
                {
                    workers.Add(Process.GetProcessById(known.RootElement.GetProperty("worker").GetInt32()));
                }
            }
            catch (Exception e) when (e is IOException or JsonException or ArgumentException)
            {
                // One that ends just now.
            }
        }

        return workers;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync(Victim.Host);
        }

        _process.Dispose();
    }
}
