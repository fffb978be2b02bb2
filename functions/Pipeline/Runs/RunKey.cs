using System.Diagnostics.CodeAnalysis;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Runs;

/// <summary>A run is one version of one model; of both names a text is made that is a valid table key.</summary>
internal sealed record RunKey(ModelName Model, ModelVersion Version)
{
    /// <summary>Subject of events about the run.</summary>
    internal string Subject => $"models/{Model}/{Version}";

    /// <summary>Subject of events about one of its variants.</summary>
    internal string SubjectOf(string variant) => $"{Subject}/variants/{variant}";

    public override string ToString() => $"{Model}@{Version}";

    /// <summary>The key of a run that is called so; null when one of the two is no name.</summary>
    internal static RunKey? Of(string? model, string? version) =>
        ModelName.TryParse(model, out var name) && ModelVersion.TryParse(version, out var number) ? new(name, number) : null;

    internal static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out RunKey? key)
    {
        var at = text?.IndexOf('@', StringComparison.Ordinal) ?? -1;
        key = at > 0 ? Of(text![..at], text[(at + 1)..]) : null;
        return key is not null;
    }
}
