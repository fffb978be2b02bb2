using System.Diagnostics;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using Spectre.Console;

namespace SlmOps.Cli.Watch;

/// <summary>Follows a run until it ends, saying what changes.</summary>
internal sealed class RunWatcher(OperatorClient client, Terminal terminal, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);

    /// <summary>The last status; it is one of the ends unless <paramref name="health"/> ended the wait with a fault.</summary>
    internal Task<RunStatus> FollowAsync(
        ModelName model, ModelVersion version, Stopwatch clock, Task health, CancellationToken cancellationToken) =>
        FollowAsync(model, version, null, status => status.State.IsEnd(), clock, health, cancellationToken);

    /// <summary>From a status that is known to the first that will do.</summary>
    internal async Task<RunStatus> FollowAsync(
        ModelName model, ModelVersion version, RunStatus? before, Predicate<RunStatus> done, Stopwatch clock, Task health,
        CancellationToken cancellationToken)
    {
        var lines = new ProgressLines();
        if (!terminal.IsInteractive)
        {
            return await FollowAsync(model, version, before, done, clock, health, Say, cancellationToken);
        }

        // How far a stage is stands in one line below the others, which is written over again.
        return await terminal.Screen.Status().StartAsync(
            "wait",
            screen => FollowAsync(
                model, version, before, done, clock, health, now => screen.Status(Markup.Escape(Short(now))), cancellationToken));

        void Say(IReadOnlyList<StageProgress> now)
        {
            foreach (var line in lines.Next(now))
            {
                terminal.Say($"{clock.Elapsed.TotalSeconds,7:0.0} s  {line}");
            }
        }
    }

    private static string Short(IReadOnlyList<StageProgress> now) => now.Count == 0 ? "wait" : ProgressLines.Short(now);

    private async Task<RunStatus> FollowAsync(
        ModelName model, ModelVersion version, RunStatus? before, Predicate<RunStatus> done, Stopwatch clock, Task health,
        Action<IReadOnlyList<StageProgress>> show, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (health.IsCompleted)
            {
                await health;
                throw new CliException("The platform stopped.");
            }

            if (await client.ModelAsync(model, version, cancellationToken) is { } after)
            {
                foreach (var line in StatusChanges.Between(before, after))
                {
                    terminal.Say($"{clock.Elapsed.TotalSeconds,7:0.0} s  {line}");
                }

                show(after.Progress);
                before = after;
                if (done(after))
                {
                    return after;
                }
            }

            await Task.WhenAny(health, Task.Delay(Interval, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
