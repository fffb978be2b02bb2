namespace SlmOps.Inference.Sandbox;

/// <summary>How a process that ran a model came to its end.</summary>
public enum SandboxEnding
{
    /// <summary>It needed more memory than it may take.</summary>
    OutOfMemory,

    /// <summary>It needed more time.</summary>
    TooSlow,

    /// <summary>It wrote, or answered, more than it may.</summary>
    TooMuchOutput,

    /// <summary>It started more threads than it may.</summary>
    TooManyThreads,

    /// <summary>It died.</summary>
    Crashed,

    /// <summary>It could not be started: a fault of the installation, not of the model.</summary>
    NotStarted,
}

/// <summary>A model took its process down, or the process was ended because of it. The message has the figures.</summary>
public sealed class SandboxException : Exception
{
    internal SandboxException(SandboxEnding ending, string message, Exception? inner = null)
        : base(message, inner) => Ending = ending;

    /// <summary>What happened.</summary>
    public SandboxEnding Ending { get; }

    /// <summary>
    /// True when one of the limits that it was given ended it, so that the model is to blame; false when it died, or the system
    /// ended it, which may be for want of memory that others took.
    /// </summary>
    public bool AtLimit { get; internal init; }

    /// <summary>The same in kebab case: <c>out-of-memory</c>, <c>too-slow</c>, <c>too-much-output</c>, <c>too-many-threads</c>, <c>crashed</c>, <c>not-started</c>.</summary>
    public string Code => CodeOf(Ending);

    internal static string CodeOf(SandboxEnding ending) => ending switch
    {
        SandboxEnding.OutOfMemory => "out-of-memory",
        SandboxEnding.TooSlow => "too-slow",
        SandboxEnding.TooMuchOutput => "too-much-output",
        SandboxEnding.TooManyThreads => "too-many-threads",
        SandboxEnding.Crashed => "crashed",
        _ => "not-started",
    };
}
