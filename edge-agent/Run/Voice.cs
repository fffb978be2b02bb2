using Microsoft.Extensions.Logging;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Outbox;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Run;

/// <summary>
/// Lets the service hear how it goes while it goes: each state when it is reached, and signs of life from a timer of their own
/// while a step blocks or the device waits.
/// </summary>
/// <param name="journal">Makes the reports.</param>
/// <param name="reporter">Sends them.</param>
/// <param name="deadlineSeconds">How long the rollout lets a device be silent, in seconds; 0 when it does not say.</param>
/// <param name="clock">Clock of the timer.</param>
/// <param name="log">Told when the disk takes no report.</param>
internal sealed class Voice(Journal journal, Reporter reporter, Func<int> deadlineSeconds, TimeProvider clock, ILogger log)
{
    /// <summary>A device that says nothing for three of these counts as offline in its ring.</summary>
    internal static readonly TimeSpan Heartbeat = TimeSpan.FromMinutes(5);

    /// <summary>How long a step waits for the service to hear of the state before.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Two may be lost on the way before the rollout takes the device for dead.
    private const int BeatsInDeadline = 3;
    private static readonly TimeSpan ShortestBeat = TimeSpan.FromSeconds(1);
    private Moment _everything = new(clock);

    /// <summary>Everything was just said.</summary>
    internal void ToldEverything() => _everything = new(clock);

    /// <summary>Sends what was said, but holds up nothing for long.</summary>
    internal Task SayAsync(CancellationToken cancellationToken) => reporter.FlushAsync(Patience, cancellationToken);

    /// <summary>Makes the sign of life that is due, if one is; whoever calls sends it.</summary>
    internal void BeatIfDue()
    {
        if (Wait > TimeSpan.Zero)
        {
            return;
        }

        var everything = _everything.Ago >= Heartbeat;
        if (everything)
        {
            ToldEverything();
        }

        journal.Beat(everything);
    }

    /// <summary>Does something that may take long, with signs of life meanwhile.</summary>
    internal async Task<T> DuringAsync<T>(Func<Task<T>> step, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var beating = BeatAsync(over.Token, cancellationToken);
        try
        {
            return await step();
        }
        finally
        {
            await over.CancelAsync();
            await beating;
        }
    }

    /// <summary>Waits, with signs of life meanwhile.</summary>
    internal Task WaitAsync(TimeSpan time, CancellationToken cancellationToken) => DuringAsync(
        async () =>
        {
            await Task.Delay(time, clock, cancellationToken);
            return true;
        },
        cancellationToken);

    /// <summary>How long until the next sign of life is due.</summary>
    private TimeSpan Wait
    {
        get
        {
            var full = Heartbeat - _everything.Ago;
            if (deadlineSeconds() is not (> 0 and var seconds)
                || journal.State.Deployment is not { } open || LifecycleTable.IsFinal(open.State))
            {
                return full;
            }

            var beat = TimeSpan.FromSeconds((double)seconds / BeatsInDeadline);
            var next = (beat > ShortestBeat ? beat : ShortestBeat) - journal.Said.Ago;
            return next < full ? next : full;
        }
    }

    /// <summary>Until the step is over; what is being sent then may end well, for which nobody waits long.</summary>
    private async Task BeatAsync(CancellationToken over, CancellationToken cancellationToken)
    {
        while (true)
        {
            var wait = Wait;
            await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, clock, over)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (over.IsCancellationRequested)
            {
                return;
            }

            try
            {
                BeatIfDue();
                await SayAsync(cancellationToken);
            }
            catch (Exception exception) when (cancellationToken.IsCancellationRequested
                && exception is OperationCanceledException or HttpRequestException or IOException)
            {
                return;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The state's own thread meets the same disk, and has words for it.
                Log.DiskFault(log, exception);
            }
        }
    }
}
