using SlmOps.Inference.Smoke;
using SlmOps.Inference.Trials;

namespace SlmOps.Inference.Sandbox;

/// <summary>What the process that runs models says: progress any number of times, then one outcome.</summary>
internal sealed record RunReply
{
    /// <summary>Share that is done, 0 to 1; more replies follow.</summary>
    public double? Progress { get; init; }

    /// <summary>The limits hold.</summary>
    public Confinement? Ready { get; init; }

    public PredictionResult? Predicted { get; init; }

    public EvaluationResult? Judged { get; init; }

    public OutputComparisonResult? Compared { get; init; }

    public AnswerResult? Answered { get; init; }

    public RecordedTexts? Texts { get; init; }

    public RecordedRuns? Runs { get; init; }

    public IReadOnlyList<AdapterOutcome>? Adapters { get; init; }

    public string? Own { get; init; }

    public TrialResult? Tried { get; init; }

    public RunFailure? Failure { get; init; }
}

/// <summary>Which limits the system took.</summary>
/// <param name="Limited">The limits of the kernel hold; false on a system without them.</param>
/// <param name="NoNetwork">The process can open no socket and start no program.</param>
/// <param name="BoundToParent">The process dies with its parent even while it computes.</param>
public sealed record Confinement(bool Limited, bool NoNetwork, bool BoundToParent);

/// <summary>Continuations of prompts.</summary>
/// <param name="Tokens">New tokens of each prompt.</param>
/// <param name="Seconds">How long it took, prompts included.</param>
/// <param name="PeakBytes">Largest resident memory of the process.</param>
public sealed record AnswerResult(IReadOnlyList<IReadOnlyList<int>> Tokens, double Seconds, long PeakBytes);

/// <summary>An exception of the run, to be thrown again by the parent.</summary>
internal sealed record RunFailure(RunFailureKind Kind, string Code, string ModelPath, string Message);

internal enum RunFailureKind
{
    /// <summary>The model cannot be opened.</summary>
    Open,

    /// <summary>The model failed while it ran.</summary>
    Run,

    /// <summary>What was asked for does not fit the model.</summary>
    Argument,

    /// <summary>A file of predictions is broken or cannot be written.</summary>
    Data,

    /// <summary>There was not enough memory.</summary>
    Memory,
}
