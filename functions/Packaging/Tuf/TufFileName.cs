using System.Text.RegularExpressions;

namespace SlmOps.Packaging.Tuf;

/// <summary>The names that files in <c>metadata/</c> can have.</summary>
public static partial class TufFileName
{
    /// <summary>The one file that is replaced; all others are written once.</summary>
    public const string Timestamp = "timestamp.json";

    /// <summary>Most bytes that a client reads of any of them.</summary>
    public const int MaxBytes = TufLimits.Largest;

    /// <summary>True for <c>timestamp.json</c> and for a version without leading zeros and the name of a role.</summary>
    public static bool IsValid(string? name) => name is not null && Names().IsMatch(name);

    [GeneratedRegex(@"\A(?:timestamp|[1-9][0-9]{0,9}\.(?:root|targets|snapshot))\.json\z", RegexOptions.CultureInvariant)]
    private static partial Regex Names();
}
