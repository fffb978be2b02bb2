namespace SlmOps.EdgeAgent.Run;

/// <summary>A moment, to know later how long ago it was, whatever became of the clock or however long the machine slept.</summary>
internal sealed class Moment(TimeProvider clock)
{
    private readonly DateTimeOffset _wall = clock.GetUtcNow();
    private readonly long _ticks = clock.GetTimestamp();

    internal TimeSpan Ago => TimeSpan.FromTicks(
        Math.Max(clock.GetElapsedTime(_ticks).Ticks, (clock.GetUtcNow() - _wall).Ticks));
}
