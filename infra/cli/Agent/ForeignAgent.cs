namespace SlmOps.Cli.Agent;

/// <summary>
/// An agent that was built for another processor. The launcher starts it here, and is what it starts its smoke tests through: the
/// system cannot start them by itself.
/// </summary>
/// <param name="Launcher">Program and arguments that the agent's path follows.</param>
/// <param name="Program">The agent.</param>
internal sealed record ForeignAgent(IReadOnlyList<string> Launcher, string Program)
{
    /// <summary>The launcher as the agent's own option takes it.</summary>
    internal string Option => string.Join(' ', Launcher.Select(Quoted));

    private static string Quoted(string part) => part.Contains(' ', StringComparison.Ordinal) ? $"\"{part}\"" : part;
}
