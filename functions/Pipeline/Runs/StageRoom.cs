using SlmOps.Contracts;

namespace SlmOps.Pipeline.Runs;

/// <summary>
/// Looks before a stage starts whether the machine has what it needs, so that no stage works for an hour and then finds the
/// disk full. What the machine will never have refuses the work at once. What it has not now is waited for: as long as other
/// stages of this host hold room that they will give back, and some minutes beyond, because a full disk is often somebody's to
/// empty; an upload of gigabytes is not thrown away for that. Then it is refused, because whoever watches must learn why
/// nothing goes on.
/// </summary>
internal sealed class StageRoom(MeasureRoom measure, PipelineOptions options, TimeProvider time)
{
    internal static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private StageNeed _held = StageNeed.None;

    /// <summary>Takes the room, or says why there is none.</summary>
    /// <param name="what">The stage and what it works on, for the message.</param>
    /// <param name="need">What it needs.</param>
    /// <param name="meter">Told what is waited for.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    internal async Task<(IDisposable? Seat, Problem? Refusal)> EnterAsync(
        string what, StageNeed need, StageMeter meter, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var (decision, others) = TryTake(need);
            if (decision.Answer == RoomAnswer.Now)
            {
                meter.WaitsFor = null;
                return (new Seat(() => Give(need)), null);
            }

            since = others ? time.GetTimestamp() : since;
            var waited = time.GetElapsedTime(since).TotalSeconds;
            if (decision.Answer == RoomAnswer.Never || waited >= options.MaxWaitSeconds)
            {
                var inVain = decision.Answer == RoomAnswer.Never ? "" : $", and that did not change in {options.MaxWaitSeconds} seconds";
                return (null, new(decision.Code, $"{what} {decision.Why}{inVain}.", decision.Cure));
            }

            meter.WaitsFor = decision.Why;
            await Task.Delay(Look, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private (RoomDecision Decision, bool Others) TryTake(StageNeed need)
    {
        if (need is { DiskBytes: 0, MemoryBytes: 0 })
        {
            return (new(RoomAnswer.Now), false);
        }

        lock (_gate)
        {
            var decision = RoomDecision.Of(need, measure(), _held);
            var others = _held is not { DiskBytes: 0, MemoryBytes: 0 };
            _held = decision.Answer == RoomAnswer.Now ? Add(_held, need, 1) : _held;
            return (decision, others);
        }
    }

    private void Give(StageNeed need)
    {
        lock (_gate)
        {
            _held = Add(_held, need, -1);
        }
    }

    private static StageNeed Add(StageNeed held, StageNeed need, int sign) =>
        new(held.DiskBytes + (sign * need.DiskBytes), held.MemoryBytes + (sign * need.MemoryBytes), "");

    private sealed class Seat(Action give) : IDisposable
    {
        private Action? _give = give;

        public void Dispose() => Interlocked.Exchange(ref _give, null)?.Invoke();
    }
}
