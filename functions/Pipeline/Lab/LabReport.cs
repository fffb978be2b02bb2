using SlmOps.Inference.Trials;

namespace SlmOps.Pipeline.Lab;

/// <summary>What became of every variant on every processor.</summary>
/// <param name="Machine">This machine's processor, which the others are compared with.</param>
/// <param name="Text">What the models were run on.</param>
/// <param name="Tokens">Predictions of each way through it.</param>
/// <param name="Rows">Variant by variant, in the order of the processors.</param>
public sealed record LabReport(string Machine, string Text, int Tokens, IReadOnlyList<LabRow> Rows)
{
    /// <summary>Goes with every table.</summary>
    public const string SpeedNote = "Processors other than this machine's are emulated: that says nothing about speed.";

    /// <summary>Said of the figures, in the JSON too.</summary>
    public string Note { get; } = SpeedNote;

    /// <summary>True when every variant that was tried passed on every processor.</summary>
    public bool Passed => Rows.All(row => row.Verdict.Passed || !row.Verdict.Tried);
}

/// <summary>One variant on one processor.</summary>
public sealed record LabRow
{
    /// <summary>The variant.</summary>
    public required string Variant { get; init; }

    /// <summary>The processor's name.</summary>
    public required string Processor { get; init; }

    /// <summary>True where it was emulated.</summary>
    public required bool Emulated { get; init; }

    /// <summary>What to think of it.</summary>
    public required LabVerdict Verdict { get; init; }

    /// <summary>The agent's own smoke test; null when it was not reached.</summary>
    public LabSmoke? Smoke { get; init; }

    /// <summary>What the text gave; null when the model does not load or its process died.</summary>
    public TrialResult? Trial { get; init; }

    /// <summary>From this machine's run of the same variant, prompt and steps.</summary>
    public LabDifference? FromMachine { get; init; }

    /// <summary>From this machine's run of the original.</summary>
    public LabDifference? FromOriginal { get; init; }

    /// <summary>Letter of those that computed the same bits, among the processors of this variant.</summary>
    public string? Bits { get; init; }
}

/// <summary>The outcome of the agent's smoke test.</summary>
/// <param name="Passed">True when the device would have taken the model.</param>
/// <param name="Reason">The verdict in one sentence.</param>
public sealed record LabSmoke(bool Passed, string Reason)
{
    /// <summary>Why not, in kebab case.</summary>
    public string? Code { get; init; }
}

/// <summary>How far a run is from another, like with like.</summary>
/// <param name="Prompt">Windows at once.</param>
/// <param name="Steps">Token by token; null for models that are no language models.</param>
public sealed record LabDifference(TrialDifference Prompt, TrialDifference? Steps)
{
    /// <summary>The larger divergence of both; null for models that are no language models.</summary>
    public double? Kl => Prompt.Kl is { } kl ? Math.Max(kl, Steps?.Kl ?? kl) : null;

    /// <summary>The smaller agreement of both.</summary>
    public double? Top1 => Prompt.Top1 is { } share ? Math.Min(share, Steps?.Top1 ?? share) : null;
}

/// <summary>What the lab thinks of a variant on a processor.</summary>
/// <param name="Code">Kebab case: <c>passed</c>, <c>not-tried</c>, <c>died</c>, <c>does-not-load</c>, <c>differs</c>, a code of the smoke test …</param>
/// <param name="Reason">In one sentence.</param>
public sealed record LabVerdict(string Code, string Reason)
{
    internal const string PassedCode = "passed";
    internal const string NotTriedCode = "not-tried";

    internal static LabVerdict NotTried(string why) => new(NotTriedCode, why);

    /// <summary>True when devices with this processor may have it.</summary>
    public bool Passed => Code == PassedCode;

    /// <summary>False where this machine cannot try the processor.</summary>
    public bool Tried => Code != NotTriedCode;
}
