using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Run;

/// <summary>Fetch, observe, plan, run, report: the only loop there is.</summary>
internal sealed class AgentLoop(AgentParts parts, TimeSpan poll, TimeProvider clock, Random random, ILogger log)
{
    // A plan leads to the next state, so a handful of plans settles everything; more is a mistake that must not spin.
    private const int MaxPlans = 32;
    private const int MaxFinalFlushes = 5;
    private static readonly TimeSpan ShortestSlice = TimeSpan.FromSeconds(30);
    private readonly Moment _started = new(clock);
    private bool _diskTold;
    private Plan.Nothing? _told;

    /// <summary>Brings the device to where its journal says it is, before anything new.</summary>
    internal void Recover()
    {
        var journal = parts.Journal;
        var rebuilt = parts.Rebuild();
        journal.Recover();
        var restarts = journal.State.Deployment?.Restarts;
        if (Recovery.OnStart(journal.State, clock.GetUtcNow()) is var state && state != journal.State)
        {
            journal.Write(state);
        }

        parts.Mercy.OnStart();

        // In the states that switch, the switch is done again; in all others the file says what the journal says.
        CurrentModel.Write(parts.Folder, journal.State.Active, journal.State.ActiveContent);
        parts.Channel.Load();
        if (rebuilt is not null)
        {
            Log.StateRebuilt(log, rebuilt);
            journal.ReportIncident(new(ReasonCodes.StateRebuilt, $"The journal was lost: {rebuilt}"));
        }

        if (parts.HasLostReports || journal.State.Deployment?.Restarts > restarts)
        {
            journal.ReportEverything();
        }
        else
        {
            journal.ReportInventory();
        }

        parts.Voice.ToldEverything();
    }

    /// <summary>Ends well: what is under way was not interrupted.</summary>
    internal void Stop()
    {
        try
        {
            parts.Journal.Stop();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It counts as one restart then, of which there may be some.
            Log.DiskFault(log, exception);
        }
    }

    /// <summary>Says that the disk takes nothing, with a report that is stored nowhere; once until it takes something again.</summary>
    internal async Task TellOfDiskAsync(Exception fault, CancellationToken cancellationToken)
    {
        if (_diskTold)
        {
            return;
        }

        var report = parts.Journal.Unstored(new(DiskFaults.CodeOf(fault), $"The data folder takes nothing: {fault.Message}"));
        try
        {
            _diskTold = await parts.Reporter.SendUnstoredAsync(report, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Whoever is told to stop need not say this first.
        }
    }

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var nothing = await CycleAsync(cancellationToken);
            await parts.Voice.WaitAsync(Pause(nothing), cancellationToken);
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

            await parts.Voice.WaitAsync(Pause(nothing), cancellationToken);
        }
    }

    internal async Task<Plan.Nothing?> CycleAsync(CancellationToken cancellationToken)
    {
        parts.Voice.BeatIfDue();
        parts.Mercy.Look();
        if (_started.Ago >= Deployment.RestartWindow && Recovery.OnSteady(parts.Journal.State) is var steady
            && steady != parts.Journal.State)
        {
            parts.Journal.Write(steady);
        }

        var mending = await parts.Voice.DuringAsync(
            () => parts.Guard.LookAsync(parts.Channel.Document, cancellationToken), cancellationToken);
        await parts.Enrolment.EnsureAsync(cancellationToken);
        await parts.Channel.RefreshAsync(cancellationToken);
        if (parts.Journal.State.Prove(parts.Channel.Document?.Stable) is var proven && !ReferenceEquals(proven, parts.Journal.State))
        {
            parts.Journal.Write(proven);
        }

        var nothing = await SettleAsync(cancellationToken);
        await parts.Records.KeepAsync(parts.Journal.State, cancellationToken);
        await parts.Housekeeping.TidyAsync(parts.Journal.State, cancellationToken);
        await parts.Reporter.FlushAsync(cancellationToken);
        _diskTold = false;
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

                    await parts.Voice.SayAsync(cancellationToken);
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
        var hold = Holds.Of(nothing, parts.Channel.Document, parts.Observe(), parts.Channel.LastingTrouble, clock.GetUtcNow());
        if (hold is not null && !hold.IsSame(parts.Journal.State.Hold))
        {
            Log.Holds(log, hold.Code, hold.Reason);
        }

        parts.Journal.Hold(hold);
        if (nothing != _told)
        {
            _told = nothing;
            var active = parts.Journal.State.ActiveContent;
            Log.NothingToDo(log, nothing.Because, nothing.Detail, active?.Release.Model, active?.Release.Version, active?.Variant.Name);
        }
    }
}
