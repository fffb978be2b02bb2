using System.Diagnostics;
using System.Globalization;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Inference;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Validate;

/// <summary>A pipeline with low limits, on which a bad upload is judged alone or beside a good one.</summary>
internal static class LimitBench
{
    internal const int Seconds = 4;

    private static readonly (string Name, string Value)[] Low =
    [
        ("SlmOps:RunMemoryBytes", $"{192 << 20}"),
        ("SlmOps:MaxRunSeconds", $"{Seconds}"),
        ("SlmOps:MaxRunFileBytes", $"{1 << 20}"),
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>What came of it.</summary>
    /// <param name="Original">The verdict on the bad upload's original.</param>
    /// <param name="Variant">The verdict on its variant.</param>
    /// <param name="IsBadReleased">True when the bad upload was released all the same.</param>
    /// <param name="IsGoodReleased">True when the good one was.</param>
    /// <param name="Longest">The longest time that one message of the bad upload took.</param>
    /// <param name="HostBytes">The most memory that this process had while both were judged.</param>
    internal sealed record Outcome(
        ValidateResult Original, ValidateResult Variant, bool IsBadReleased, bool IsGoodReleased, TimeSpan Longest, long HostBytes);

    internal static async Task<Outcome> JudgeAsync(StageStorage storage, LimitCase bad, string id, bool beside)
    {
        // Few threads are too few for any model, so that the good upload is another host's.
        (string, string)[] few = bad.FewThreads ? [("SlmOps:MaxRunThreads", "1")] : [];
        await using var strict = await StageBench.StartAsync(storage, settings: [.. Low, .. few]);
        await using var bench = await StageBench.StartAsync(storage, settings: Low);
        var badRun = await bench.ArriveAsync("validate", bad.Make($"limit-bad-{id}", "1"));
        var badMessages = (await bench.TakeAsync("validate"))
            .OrderByDescending(message => message.Contains("fp32", StringComparison.Ordinal));
        var goodRun = await bench.ArriveAsync("validate", Models.Mlp($"limit-good-{id}", "1", 5, "int8"));
        var goodMessages = await bench.TakeAsync("validate");
        var memory = PeakMemory.ForThisSystem();
        memory.Start();

        var judging = RunAsync(strict, badMessages);
        if (bad.Signal > 0)
        {
            await SignalAsync(judging, bad.Signal);
        }

        var longest = beside ? TimeSpan.Zero : await judging;
        await RunAsync(bench, goodMessages);
        longest = beside ? await judging : longest;
        var peak = memory.Peak();

        foreach (var stage in (string[])["package", "deltas", "release"])
        {
            await bench.RunAsync(stage);
        }

        return new(
            await bench.ResultAsync<ValidateResult>(badRun, ValidateResult.Row("fp32")),
            await bench.ResultAsync<ValidateResult>(badRun, ValidateResult.Row("int8")),
            await IsReleasedAsync(bench, badRun),
            await IsReleasedAsync(bench, goodRun),
            longest,
            peak);
    }

    private static async Task<bool> IsReleasedAsync(StageBench bench, RunKey run) =>
        await bench.Runs.FindAsync<ReleaseResult>(run, ReleaseResult.Row, Cancelled) is not null;

    private static async Task<TimeSpan> RunAsync(StageBench bench, IEnumerable<string> messages)
    {
        var longest = TimeSpan.Zero;
        foreach (var message in messages)
        {
            var start = TimeProvider.System.GetTimestamp();
            await bench.RunAsync("validate", message);
            longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, TimeProvider.System.GetElapsedTime(start).Ticks));
        }

        return longest;
    }

    /// <summary>
    /// Sends a signal to the process that runs a model, as soon as there is one and until it is gone: .NET takes the first one
    /// of some signals for a fault that it can explain.
    /// </summary>
    private static async Task SignalAsync(Task judging, int signal)
    {
        int? first = null;
        while (!judging.IsCompleted)
        {
            var runner = Runner();
            if (first is not null && runner != first)
            {
                return;
            }

            if (runner is { } process)
            {
                first = process;
                using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process} 2>/dev/null"]);
                await kill.WaitForExitAsync(Cancelled);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancelled);
        }
    }

    private static int? Runner()
    {
        foreach (var process in Process.GetProcesses())
        {
            using (process)
            {
                if (IsRunner(process.Id))
                {
                    return process.Id;
                }
            }
        }

        return null;
    }

    private static bool IsRunner(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var parent = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1];
            return parent == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
                && File.ReadAllText($"/proc/{process}/cmdline").Contains("slmops-runner", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
            return false;
        }
    }
}
