using System.Diagnostics;
using System.Text.Json;

namespace SlmOps.Local.Workers;

/// <summary>
/// Which worker belongs to which host, one file a worker, so that a host that starts finds what a killed one left behind
/// where the pipe between them did not end it.
/// </summary>
internal sealed class WorkerRecords(string folder)
{
    private sealed record Known(int Worker, DateTime WorkerStart, int Host, DateTime HostStart);

    public void Remember(string workerId, Process worker)
    {
        using var self = Process.GetCurrentProcess();
        PrivateFile.Folder(folder);
        File.WriteAllText(
            PathOf(workerId),
            JsonSerializer.Serialize(
                new Known(worker.Id, worker.StartTime.ToUniversalTime(), self.Id, self.StartTime.ToUniversalTime()),
                JsonSerializerOptions.Web));
    }

    public void Forget(string workerId) => File.Delete(PathOf(workerId));

    /// <summary>Ends workers whose host is gone.</summary>
    /// <returns>Their process ids.</returns>
    public IReadOnlyList<int> EndOrphans()
    {
        List<int> ended = [];
        foreach (var path in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [])
        {
            var known = Read(path);
            using var host = known is null ? null : Find(known.Host, known.HostStart);
            if (host is not null)
            {
                continue;
            }

            using var worker = known is null ? null : Find(known.Worker, known.WorkerStart);
            if (worker is not null)
            {
                worker.Kill(entireProcessTree: true);
                ended.Add(worker.Id);
            }

            File.Delete(path);
        }

        return ended;
    }

    private static Known? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Known>(File.ReadAllText(path), JsonSerializerOptions.Web);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            // Half-written by a host that was killed just then.
            return null;
        }
    }

    private static Process? Find(int id, DateTime startedAt)
    {
        try
        {
            var process = Process.GetProcessById(id);
            // Process ids are used again; the start time tells them apart.
            if ((process.StartTime.ToUniversalTime() - startedAt).Duration() < TimeSpan.FromSeconds(1))
            {
                return process;
            }

            process.Dispose();
            return null;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private string PathOf(string workerId) => Path.Combine(folder, $"{workerId}.json");
}
