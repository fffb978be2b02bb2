using SlmOps.Contracts;

namespace SlmOps.Cli;

/// <summary>Names as users type them.</summary>
internal static class CliName
{
    /// <exception cref="CliException">When the text is not such a name.</exception>
    internal static T Read<T>(string text)
        where T : struct, IName<T> => Find<T>(text) ?? throw Refusal<T>(text);

    internal static T? Find<T>(string? text)
        where T : struct, IName<T> => T.TryParse(text, out var name) ? name : null;

    internal static CliException Refusal<T>(string text)
        where T : struct, IName<T> => new($"'{text}' cannot be a {T.What}: {SafeName.Rule}.", ExitCode.Usage);
}
