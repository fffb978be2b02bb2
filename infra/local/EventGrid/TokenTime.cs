using System.Globalization;

namespace SlmOps.Local.EventGrid;

/// <summary>Reads the expiry of a publish token: <c>11/24/2025 6:30:00 AM</c>, as .NET writes it in US English.</summary>
internal static class TokenTime
{
    public static bool TryParse(string text, out DateTimeOffset time) => DateTimeOffset.TryParse(
        // Newer ICU data puts a narrow no-break space before AM and PM.
        text.Replace('\u202f', ' ').Replace('\u00a0', ' '),
        CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
        out time);
}
