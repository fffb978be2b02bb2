using System.Globalization;

namespace SlmOps.Inference.Sandbox;

/// <summary>Sizes and times as a person reads them.</summary>
internal static class Figures
{
    internal static string Bytes(long bytes) => bytes switch
    {
        >= 10_000_000_000 => Show(bytes / 1e9, "0", "GB"),
        >= 1_000_000_000 => Show(bytes / 1e9, "0.0", "GB"),
        >= 1_000_000 => Show(bytes / 1e6, "0", "MB"),
        _ => Show(bytes / 1e3, "0", "kB"),
    };

    internal static string Time(TimeSpan time) =>
        time.TotalMinutes >= 10 ? Show(time.TotalMinutes, "0", "min") : Show(time.TotalSeconds, "0.0", "s");

    private static string Show(double number, string format, string unit) =>
        number.ToString(format, CultureInfo.InvariantCulture) + " " + unit;
}
