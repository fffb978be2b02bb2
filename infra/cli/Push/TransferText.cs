using System.Globalization;
using static SlmOps.Cli.Watch.StatusChanges;

namespace SlmOps.Cli.Push;

/// <summary>A transfer in words. Pure.</summary>
internal static class TransferText
{
    /// <summary><c>1.20 GB of 5.20 GB (23 %), 52.1 MB/s, 77 s left</c>.</summary>
    internal static string Of(TransferState state) => state.Total == 0
        ? "0 bytes"
        : $"{Bytes(state.Done)} of {Bytes(state.Total)} ({Percent(state)} %), {Number(state.BytesPerSecond / 1e6, "0.0")} MB/s"
            + (state.Left is { } left ? $", {Left(left)} left" : "")
            + (state.Found > 0 ? $" ({Bytes(state.Found)} were there)" : "");

    /// <summary><c>Sent 5.20 GB in 80 s, 65.0 MB/s</c>.</summary>
    internal static string Done(TransferState state, TimeSpan took) =>
        $"Sent {Bytes(state.Done - state.Found)} in {Left(took)}, "
        + $"{Number((state.Done - state.Found) / Math.Max(took.TotalSeconds, 1e-3) / 1e6, "0.0")} MB/s"
        + (state.Found > 0 ? $"; {Bytes(state.Found)} were there." : ".");

    /// <summary>A time that is an estimate: two places are enough.</summary>
    internal static string Left(TimeSpan left) => left switch
    {
        { TotalSeconds: < 100 } => $"{Whole(Math.Ceiling(left.TotalSeconds))} s",
        { TotalMinutes: < 100 } => $"{Whole(Math.Ceiling(left.TotalMinutes))} min",
        { TotalDays: < 4 } => $"{Whole(Math.Floor(left.TotalHours))} h {Whole(left.Minutes)} min",
        _ => $"{Whole(Math.Ceiling(left.TotalDays))} days",
    };

    // 100 % is what is finished.
    private static string Percent(TransferState state) => Whole(Math.Floor(100.0 * state.Done / state.Total));

    private static string Whole(double number) => number.ToString("0", CultureInfo.InvariantCulture);
}
