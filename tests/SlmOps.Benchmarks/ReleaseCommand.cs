using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace SlmOps.Benchmarks;

/// <summary>
/// A model through the whole local platform, from the last byte uploaded to its release, for several builds one after the other:
/// paths of <c>slmops.dll</c>. Each has a data folder of its own. Linux alone.
/// </summary>
internal sealed class ReleaseCommand(string program, string model, string data)
{
    private const string Name = "measured";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private long _peakWork;
    private long _peakData;
    private long _peakResident;

    internal static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var model, .. { Length: > 0 } programs])
        {
            Console.Error.WriteLine("Usage: release <model folder> <slmops.dll> …");
            return 2;
        }

        foreach (var program in programs)
        {
            var data = Directory.CreateTempSubdirectory().FullName;
            await new ReleaseCommand(program, model, data).MeasureAsync();
            Directory.Delete(data, recursive: true);
        }

        return 0;
    }

    private async Task MeasureAsync()
    {
        using var up = Start("up", "--data", data);
        var tree = new ProcessTree(up.Id);
        var connection = Path.Combine(data, "platform.json");
        await UntilAsync(() => Task.FromResult(File.Exists(connection)), up);
        using var http = Client(connection);
        using var push = Start("push", model, "--name", Name, "--version", "1", "--data", data);
        var since = Stopwatch.GetTimestamp();
        await push.WaitForExitAsync();
        var pushed = Stopwatch.GetElapsedTime(since);
        tree.Look();
        var (platform, azurite) = (tree.Sum(azurite: false), tree.Sum(azurite: true));
        since = Stopwatch.GetTimestamp();
        JsonElement status = default;
        await UntilAsync(
            async () =>
            {
                tree.Look();
                Peaks(tree);
                status = await StatusAsync(http);
                return status.ValueKind == JsonValueKind.Object && status.GetProperty("state").GetString() != "BUILDING";
            },
            up);
        var released = Stopwatch.GetElapsedTime(since);
        tree.Look();
        Show(pushed, released, status, tree.Sum(azurite: false), platform, tree.Sum(azurite: true), azurite);
        using var stop = Process.Start("kill", ["-TERM", up.Id.ToString(CultureInfo.InvariantCulture)]);
        await up.WaitForExitAsync();
    }

    private void Show(
        TimeSpan pushed, TimeSpan released, JsonElement status, Used platform, Used platformBefore, Used azurite, Used azuriteBefore)
    {
        var bytes = Directory.GetFiles(model, "*", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length);
        Console.WriteLine(program);
        Say($"  state {status.GetProperty("state")}, model {bytes / 1e6:F0} MB, upload {pushed.TotalSeconds:F1} s");
        Say($"  uploaded to released {released.TotalSeconds:F1} s; stages in ms {status.GetProperty("stagesMs")}");
        Line("platform", platform, platformBefore);
        Line("Azurite", azurite, azuriteBefore);
        Say($"  peaks: work folders {_peakWork / 1e6:F0} MB, data folder {_peakData / 1e6:F0} MB");
        Say($"  peak of the platform's memory: {_peakResident / 1e6:F0} MB");

        void Line(string who, Used used, Used before)
        {
            var (read, written) = (used.Read - before.Read, used.Written - before.Written);
            Say($"  {who}: read {read / 1e6:F0} MB ({(double)read / bytes:F2} x), processor {used.Seconds - before.Seconds:F1} s");
            Say($"  {who}: written {written / 1e6:F0} MB ({(double)written / bytes:F2} x)");
        }
    }

    private static void Say(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));

    private void Peaks(ProcessTree tree)
    {
        _peakWork = Math.Max(_peakWork, Size(Path.Combine(data, "work")));
        _peakData = Math.Max(_peakData, Size(data));
        _peakResident = Math.Max(_peakResident, tree.Sum(azurite: false).Resident);
    }

    private static long Size(string folder)
    {
        long bytes = 0;
        try
        {
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
            {
                bytes += file.Exists ? file.Length : 0;
            }
        }
        catch (IOException)
        {
            // A folder that went away meanwhile.
        }

        return bytes;
    }

    private static HttpClient Client(string connection)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(connection));
        var client = new HttpClient { BaseAddress = new Uri(json.RootElement.GetProperty("functionsUrl").GetString()!) };
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", json.RootElement.GetProperty("operatorKey").GetString());
        return client;
    }

    private static async Task<JsonElement> StatusAsync(HttpClient http)
    {
        using var answer = await http.GetAsync(new Uri($"api/v1/models/{Name}/1", UriKind.Relative));
        return answer.IsSuccessStatusCode ? JsonElement.Parse(await answer.Content.ReadAsStringAsync()) : default;
    }

    private static async Task UntilAsync(Func<Task<bool>> isDone, Process up)
    {
        while (!await isDone())
        {
            if (up.HasExited)
            {
                throw new InvalidOperationException($"The platform ended with {up.ExitCode}.");
            }

            await Task.Delay(Interval, TimeProvider.System);
        }
    }

    private Process Start(params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", program, .. arguments]) { RedirectStandardOutput = true })!;

        // Read, so that it never waits for somebody who does.
        process.BeginOutputReadLine();
        return process;
    }
}
