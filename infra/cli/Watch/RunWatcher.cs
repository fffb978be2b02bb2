using System.Diagnostics;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;

namespace SlmOps.Cli.Watch;

/// <summary>Follows a run until it ends, saying what changes.</summary>
internal sealed class RunWatcher(OperatorClient client, Terminal terminal, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);

    /// <summary>The last status; it is one of the ends unless <paramref name="health"/> ended the wait with a fault.</summary>
    internal async Task<RunStatus> FollowAsync(
        ModelName model, ModelVersion version, Stopwatch clock, Task health, CancellationToken cancellationToken)
    {
        RunStatus? before = null;
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

                before = after;
                if (after.State.IsEnd())
                {
                    return after;
                }
            }

            await Task.WhenAny(health, Task.Delay(Interval, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
