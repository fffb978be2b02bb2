using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Outbox;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Slots;

namespace SlmOps.EdgeAgent.Run;

/// <summary>Fetch, observe, plan, run, report: the only loop there is.</summary>
internal sealed class AgentLoop(AgentParts parts, TimeSpan poll, TimeProvider clock, Random random, ILogger log)
{
    // A plan leads to the next state, so a handful of plans settles everything; more is a mistake that must not spin.
    private const int MaxPlans = 32;
    private const int MaxFinalFlushes = 5;
    private static readonly TimeSpan ShortestSlice = TimeSpan.FromSeconds(30);

    /// <summary>A device that says nothing for three of these counts as offline in its ring.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMinutes(5);

    private DateTimeOffset _heard;
    private Plan.Nothing? _told;

    /// <summary>Brings the device to where its journal says it is, before anything new.</summary>
    internal void Recover()
    {
        var journal = parts.Journal;
        var rebuilt = parts.Rebuild();
        journal.Recover();
        if (Recovery.OnStart(journal.State) is var state && state != journal.State)
        {
            journal.Write(state);
        }

        // In the states that switch, the switch is done again; in all others the file says what the journal says.
        CurrentModel.Write(parts.Folder, journal.State.Active, journal.State.ActiveContent);
        parts.Channel.Load();
        if (rebuilt is not null)
        {
            Log.StateRebuilt(log, rebuilt);
            journal.ReportIncident(new(ReasonCodes.StateRebuilt, $"The journal was lost: {rebuilt}"));
        }

        if (parts.HasLostReports)
        {
            journal.ReportEverything();
        }
        else
        {
            journal.ReportInventory();
        }

        _heard = clock.GetUtcNow();
    }

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var nothing = await CycleAsync(cancellationToken);
            await Task.Delay(Pause(nothing), clock, cancellationToken);
        }
    }

    /// <summary>Works until there is nothing to do.</summary>
    /// <returns>True when the device is where the channel wants it.</returns>
    internal async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var nothing = await CycleAsync(cancellationToken);
            if (nothing is null)
            {
                continue;
            }

            if (nothing.Because != Because.Soaking)
            {
                await DrainAsync(cancellationToken);
                return parts.Channel.Trouble is null
                    && nothing.Because is Because.AlreadyActive or Because.NothingReleased or Because.NotInRing or Because.ChannelUnknown;
            }

            await Task.Delay(Pause(nothing), clock, cancellationToken);
        }
    }

    internal async Task<Plan.Nothing?> CycleAsync(CancellationToken cancellationToken)
    {
        var mending = await parts.Guard.LookAsync(parts.Channel.Document, cancellationToken);
        await parts.Enrolment.EnsureAsync(cancellationToken);
        await parts.Channel.RefreshAsync(cancellationToken);
        var nothing = await SettleAsync(cancellationToken);
        await parts.Records.KeepAsync(parts.Journal.State, cancellationToken);
        if (clock.GetUtcNow() - _heard >= Heartbeat)
        {
            parts.Journal.ReportEverything();
            _heard = clock.GetUtcNow();
        }

        await parts.Housekeeping.TidyAsync(parts.Journal.State, cancellationToken);
        await parts.Reporter.FlushAsync(cancellationToken);
        return mending ? null : nothing;
    }

    /// <summary>Plans and runs until a plan is empty; null when a download goes on after another look at the channel.</summary>
    private async Task<Plan.Nothing?> SettleAsync(CancellationToken cancellationToken)
    {
        var sliceEnd = clock.GetUtcNow() + (poll > ShortestSlice ? poll : ShortestSlice);
        for (var plans = 0; plans < MaxPlans; plans++)
        {
            switch (DevicePlanner.Plan(parts.Channel.Document, parts.Observe(), clock.GetUtcNow()))
            {
                case Plan.Nothing nothing:
                    Tell(nothing);
                    return nothing;
                case Plan.Steps steps:
                    Log.Planned(log, steps.ToString());
                    if (!await parts.Runner.RunAsync(steps, sliceEnd, cancellationToken))
                    {
                        return null;
                    }

                    await parts.Reporter.FlushAsync(cancellationToken);
                    break;
            }
        }

        Log.PlansDoNotSettle(log, MaxPlans);
        return new(Because.BackingOff);
    }

    private TimeSpan Pause(Plan.Nothing? nothing)
    {
        if (nothing is null)
        {
            return TimeSpan.Zero;
        }

        // Between 80 and 120 % of the interval, so that devices started together do not ask together.
        var pause = parts.Channel.RetryAfter ?? poll * (0.8 + 0.4 * random.NextDouble());
        var now = clock.GetUtcNow();
        var wakes = new[] { nothing.Until, parts.Reporter.IsEmpty ? null : parts.Reporter.NotBefore };
        foreach (var wake in wakes.OfType<DateTimeOffset>())
        {
            pause = wake - now < pause ? wake - now : pause;
        }

        return pause > TimeSpan.Zero ? pause : TimeSpan.Zero;
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        for (var flush = 0; flush < MaxFinalFlushes && !parts.Reporter.IsEmpty; flush++)
        {
            var wait = (parts.Reporter.NotBefore ?? clock.GetUtcNow()) - clock.GetUtcNow();
            await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, clock, cancellationToken);
            await parts.Reporter.FlushAsync(cancellationToken);
        }
    }

    private void Tell(Plan.Nothing nothing)
    {
        if (nothing != _told)
        {
            _told = nothing;
            var active = parts.Journal.State.ActiveContent;
            Log.NothingToDo(log, nothing.Because, nothing.Detail, active?.Release.Model, active?.Release.Version, active?.Variant.Name);
        }
    }
}
