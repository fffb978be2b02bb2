using SlmOps.Contracts.Operator;

namespace SlmOps.Pipeline.Runs;

/// <summary>Where a stage says how far its work is. Saying so costs nothing: whoever wants to know looks.</summary>
internal sealed class StageMeter
{
    private volatile StagePart _part = new("work", null);

    /// <summary>What the work waits for; null when it works.</summary>
    internal string? WaitsFor { get; set; }

    /// <summary>Begins a part of the work.</summary>
    /// <param name="name">What it is, one word or a few.</param>
    /// <param name="bytes">Bytes that it will go over; null when nobody can tell.</param>
    internal StagePart Begin(string name, long? bytes = null) => _part = new(name, bytes);

    /// <summary>What is said now, beside what was said before.</summary>
    /// <param name="before">The last answer; null at the first.</param>
    /// <param name="stage">Name of the stage.</param>
    /// <param name="variant">The variant, for a stage that has one.</param>
    /// <param name="startedAt">When the work began.</param>
    /// <param name="now">Time of the answer.</param>
    internal StageProgress Look(StageProgress? before, string stage, string? variant, DateTimeOffset startedAt, DateTimeOffset now)
    {
        var part = _part;
        var same = before?.Part == part.Name ? before : null;
        var seconds = (now - (same?.At ?? startedAt)).TotalSeconds;
        return new()
        {
            Stage = stage,
            Variant = variant,
            Part = part.Name,
            Fraction = part.Fraction,
            Bytes = part.Bytes,
            // Of a part that begins between two looks only the next one knows the rate.
            BytesPerSecond = part.Bytes is { } bytes && seconds > 0 && (same is not null || before is null)
                ? Math.Max(bytes - (same?.Bytes ?? 0), 0) / seconds
                : null,
            WaitsFor = WaitsFor,
            StartedAt = startedAt,
            At = now,
        };
    }
}

/// <summary>
/// One part of a stage's work. Reports of whole numbers are bytes that were done since the last report, reports of fractions
/// are how much of it is done.
/// </summary>
/// <param name="name">What it is.</param>
/// <param name="total">Bytes that it goes over; null when nobody can tell.</param>
internal sealed class StagePart(string name, long? total) : IProgress<long>, IProgress<double>
{
    private long _bytes;
    private double _fraction = double.NaN;

    internal string Name => name;

    /// <summary>Bytes that are done; null when they are not counted.</summary>
    internal long? Bytes => total is not null || Interlocked.Read(ref _bytes) > 0 ? Interlocked.Read(ref _bytes) : null;

    /// <summary>How much is done, 0 to 1; null when nobody can tell.</summary>
    internal double? Fraction => total is > 0
        ? Math.Clamp((double)Interlocked.Read(ref _bytes) / total.Value, 0, 1)
        : Volatile.Read(ref _fraction) is var said && double.IsFinite(said) ? Math.Clamp(said, 0, 1) : null;

    void IProgress<long>.Report(long value) => Interlocked.Add(ref _bytes, value);

    void IProgress<double>.Report(double value) => Volatile.Write(ref _fraction, value);

    /// <summary>How many bytes are done in all.</summary>
    internal void At(long bytes) => Interlocked.Exchange(ref _bytes, bytes);
}
