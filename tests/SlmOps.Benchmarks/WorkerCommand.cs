using System.Diagnostics;
using System.Globalization;
using Azure.Storage.Queues;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SlmOps.Local;
using SlmOps.Local.Azurite;
using SlmOps.Local.FunctionsHost;
using SlmOps.Local.Workers;
using SlmOps.Local.Workers.Protocol;

namespace SlmOps.Benchmarks;

/// <summary>
/// What it costs to call a function in the worker process instead of in the host's, with functions that do nothing. Both
/// ways take turns, round by round; the median of the rounds counts.
/// </summary>
internal sealed class WorkerCommand(Arguments options, FunctionAppHost host, Invoker inProcess, ILogger log)
{
    private readonly int _rounds = options.Number("rounds", 7);

    internal static async Task<int> RunAsync(string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        // As the platform runs it: every activity recorded, every invocation in the log file.
        using var listener = LocalTelemetry.Listen();
        using var loggers = LocalPlatform.CreateLoggers(null, folder, "host", TimeProvider.System);
        try
        {
            await using var host = await FunctionAppHost.StartAsync(
                new FunctionsHostOptions(
                    WorkerApp.Read(AppFolder()), Settings(), new("master", "function"), Path.Combine(folder, "workers")),
                TimeProvider.System,
                loggers,
                CancellationToken.None);
            var log = loggers.CreateLogger<FunctionAppHost>();
            var inProcess = new Invoker(
                InProcessAsync, _ => Task.CompletedTask, new HostSettings(), TimeProvider.System, log, CancellationToken.None);
            var command = new WorkerCommand(new Arguments(arguments), host, inProcess, log);
            await command.InvocationsAsync();
            await command.HttpAsync(loggers);
            await command.QueueAsync(folder);
            await host.StopAsync();
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Calls without any storage.</summary>
    private async Task InvocationsAsync()
    {
        var (calls, parallel) = (options.Number("calls", 4000), options.Number("parallel", 32));
        var function = host.Functions.Single(function => function.Name == "Empty");
        var (through, beside, oneThrough, oneBeside) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round <= _rounds; round++)
        {
            var (worker, here) = (await RateAsync(host.Invoker, parallel), await RateAsync(inProcess, parallel));
            var (oneWorker, oneHere) = (await RateAsync(host.Invoker, 1), await RateAsync(inProcess, 1));
            if (round > 0)
            {
                through.Add(worker);
                beside.Add(here);
                oneThrough.Add(1e6 / oneWorker);
                oneBeside.Add(1e6 / oneHere);
            }
        }

        Say($"invocations, {parallel} at once: {Shown(through, "F0")} a second through the worker, {Shown(beside, "F0")} in process");
        Say($"one after another: {Shown(oneThrough, "F0")} us through the worker, {Shown(oneBeside, "F0")} us in process");

        async Task<double> RateAsync(Invoker invoker, int atOnce)
        {
            var count = atOnce == 1 ? calls / 4 : calls;
            var since = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
            {
                for (var call = 0; call < count / atOnce; call++)
                {
                    var invocation = new Invocation(() => new TypedData { String = "message" }, Invocation.NoMetadata, default);
                    if (!(await invoker.RunAsync(function, invocation, CancellationToken.None)).Succeeded)
                    {
                        throw new InvalidOperationException("The function failed.");
                    }
                }
            }));
            return count / atOnce * atOnce / Stopwatch.GetElapsedTime(since).TotalSeconds;
        }
    }

    /// <summary>One request after another, to the function and to a web server that answers itself, in turns.</summary>
    private async Task HttpAsync(ILoggerFactory loggers)
    {
        await using var kestrel = LoopbackWeb.Build(0, loggers);
        kestrel.MapGet("/api/Ping", () => Results.Ok("GET"));
        await kestrel.StartAsync();
        using var http = LoopbackWeb.Client();
        var addresses = new[] { new Uri(host.Url, "api/Ping"), new Uri(LoopbackWeb.AddressOf(kestrel), "api/Ping") };
        var times = addresses.Select(_ => new List<double>()).ToArray();
        var requests = options.Number("requests", 3000);
        for (var request = -requests / 4; request < requests; request++)
        {
            for (var which = 0; which < addresses.Length; which++)
            {
                var since = Stopwatch.GetTimestamp();
                using var answer = await http.GetAsync(addresses[which]);
                answer.EnsureSuccessStatusCode();
                if (request >= 0)
                {
                    times[which].Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
                }
            }
        }

        Array.ForEach(times, list => list.Sort());
        Say($"HTTP through host and worker: p50 {At(times[0], 0.5):F2} ms, p99 {At(times[0], 0.99):F2} ms");
        Say($"HTTP, Kestrel alone: p50 {At(times[1], 0.5):F2} ms, p99 {At(times[1], 0.99):F2} ms");
        Say($"more a call: p50 {At(times[0], 0.5) - At(times[1], 0.5):F2} ms");
    }

    /// <summary>Messages in Azurite, until the queue is empty.</summary>
    private async Task QueueAsync(string folder)
    {
        await using var azurite = await AzuriteProcess.StartAsync(
            new AzuriteOptions(AppContext.BaseDirectory, folder), TimeProvider.System, CancellationToken.None);
        var messages = options.Number("messages", 400);
        var (through, beside) = (new List<double>(), new List<double>());
        for (var round = 0; round <= _rounds; round++)
        {
            var (worker, here) = (await DrainAsync(host.Invoker), await DrainAsync(inProcess));
            if (round > 0)
            {
                through.Add(worker);
                beside.Add(here);
            }
        }

        Say($"queue messages from Azurite: {Shown(through, "F0")} a second through the worker, {Shown(beside, "F0")} in process");

        async Task<double> DrainAsync(Invoker invoker)
        {
            var queue = new QueueClient(
                azurite.Endpoints.ConnectionString,
                $"q{Guid.NewGuid():N}",
                new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
            await queue.CreateAsync();
            await Parallel.ForEachAsync(
                Enumerable.Range(0, messages), async (number, cancelled) => await queue.SendMessageAsync($"{number}", cancelled));
            var function = host.Functions.Single(function => function.Name == "Empty") with
            {
                Disabled = false,
                Trigger = new Trigger.Queue(queue.Name, azurite.Endpoints.ConnectionString),
            };
            using var listeners = new Listeners(
                [function],
                new HostSettings { BatchSize = 32, MaxPollingInterval = TimeSpan.FromMilliseconds(200) },
                TimeSpan.FromSeconds(30),
                invoker,
                _ => Task.CompletedTask,
                TimeProvider.System,
                log,
                CancellationToken.None);
            var since = Stopwatch.GetTimestamp();
            listeners.Start();
            while ((await queue.GetPropertiesAsync()).Value.ApproximateMessagesCount > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }

            var rate = messages / Stopwatch.GetElapsedTime(since).TotalSeconds;
            await listeners.StopAsync();
            await listeners.Completion;
            return rate;
        }
    }

    private static Task<InvocationResponse> InProcessAsync(
        FunctionDescriptor function, string invocationId, InvocationRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(
            new InvocationResponse
            {
                InvocationId = invocationId,
                Result = new StatusResult { Status = StatusResult.Types.Status.Success },
            });

    private static string AppFolder()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(output.Parent!.Parent!.FullName, "SlmOps.ForeignApp", output.Name);
    }

    /// <summary>Nothing listens by itself.</summary>
    private static Dictionary<string, string> Settings()
    {
        var settings = new Dictionary<string, string>
        {
            ["AzureWebJobsStorage"] = "UseDevelopmentStorage=true",
            ["ClockSchedule"] = "0 0 0 1 1 *",
            ["AzureWebJobs.Clock.Disabled"] = "true",
        };
        foreach (var queue in (string[])["Text", "Poco", "Binary", "Message", "Empty"])
        {
            settings[$"{queue}Queue"] = queue;
            settings[$"AzureWebJobs.{queue}.Disabled"] = "true";
        }

        return settings;
    }

    private static double At(List<double> sorted, double share) => sorted[(int)(share * (sorted.Count - 1))];

    /// <summary>Median, with least and most.</summary>
    private static string Shown(List<double> values, string format)
    {
        values.Sort();
        var invariant = CultureInfo.InvariantCulture;
        var (least, most) = (values[0].ToString(format, invariant), values[^1].ToString(format, invariant));
        return $"{At(values, 0.5).ToString(format, invariant)} ({least} to {most})";
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
