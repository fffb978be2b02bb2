using System.Diagnostics.CodeAnalysis;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Runs;

/// <summary>A run is one version of one model; both are safe names, so the text is a valid table key.</summary>
internal sealed record RunKey(string Model, string Version)
{
    /// <summary>Subject of events about the run.</summary>
    internal string Subject => $"models/{Model}/{Version}";

    /// <summary>Subject of events about one of its variants.</summary>
    internal string SubjectOf(string variant) => $"{Subject}/variants/{variant}";

    public override string ToString() => $"{Model}@{Version}";

    internal static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out RunKey? key)
    {
        var at = text?.IndexOf('@', StringComparison.Ordinal) ?? -1;
        key = at > 0 && SafeName.IsValid(text![..at]) && SafeName.IsValid(text[(at + 1)..])
            ? new(text[..at], text[(at + 1)..])
            : null;
        return key is not null;
    }
}
