namespace SlmOps.Cli;

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    internal const int Done = 0;

    /// <summary>The work failed or was refused.</summary>
    internal const int Failed = 1;

    /// <summary>The command line itself is wrong.</summary>
    internal const int Usage = 2;
}
