namespace SlmOps.Pipeline.Runs;

/// <summary>A stage as the flow knows it: one line of the map.</summary>
/// <param name="Name">Name in events, logs, figures and messages to people.</param>
/// <param name="Row">
/// Key of its result in table <c>runs</c>. One that ends with <c>|</c> is followed by the name of a variant: the stage then
/// works on one variant at a time. Null for a stage that keeps no result there.
/// </param>
/// <param name="Facts">Types of the events that it publishes.</param>
/// <param name="Next">Names of the stages that go on from its result.</param>
/// <param name="GivenUp">What a message means that it failed on every time.</param>
/// <param name="Stage">The class that does the work, a <see cref="RunStage"/>; null where messages are of another form.</param>
internal sealed record FlowStep(
    string Name, string? Row, IReadOnlyList<string> Facts, IReadOnlyList<string> Next, GivenUp GivenUp, Type? Stage = null)
{
    /// <summary>The queue that it reads; the poison queue is called the same with <c>-poison</c>.</summary>
    public string Queue { get; init; } = Name;

    /// <summary>Whether it works on adaptations; all others work on models.</summary>
    public bool OnAdaptations { get; init; }

    /// <summary>Whether it computes on uploaded bytes, and so may take the host down: its messages are given up after two deaths.</summary>
    public bool Computes { get; init; }

    /// <summary>Whether a run asks for it; one that does not goes on where this stage would have gone.</summary>
    public Func<RunRecord, bool> IsAsked { get; init; } = _ => true;

    internal bool IsPerVariant => Row?.EndsWith('|') == true;

    internal string RowOf(string? variant) => IsPerVariant ? Row + variant : Row!;
}

/// <summary>What becomes of the run when a stage failed on a message every time.</summary>
internal enum GivenUp
{
    /// <summary>The upload is rejected.</summary>
    RejectsRun,

    /// <summary>The variant is refused; the others go on.</summary>
    RefusesVariant,

    /// <summary>The run goes on without what the stage makes.</summary>
    GoesWithout,

    /// <summary>Nothing: the message waits in the poison queue for an operator.</summary>
    WaitsForOperator,

    /// <summary>Nothing: the timer looks at it again.</summary>
    TriesAgain,
}
