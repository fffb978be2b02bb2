namespace SlmOps.Contracts;

/// <summary>What a smoke file may hold: it comes with a package, and decides how long a device works. Pure.</summary>
public static class SmokeRules
{
    /// <summary>Name of the file with the prompts of a language model.</summary>
    public const string FileName = "smoke.json";

    /// <summary>Name of the file with the runs of any other model.</summary>
    public const string OutputsFileName = "smoke-outputs.json";

    /// <summary>Most bytes of either file.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>Most prompts.</summary>
    public const int MaxPrompts = 64;

    /// <summary>Most tokens of a prompt.</summary>
    public const int MaxPromptTokens = 4096;

    /// <summary>Most tokens to generate for a prompt.</summary>
    public const int MaxNewTokens = 256;

    /// <summary>Most tokens of a text that is fed.</summary>
    public const int MaxTextTokens = 512;

    /// <summary>Most runs of a model that is no language model.</summary>
    public const int MaxRuns = 8;

    /// <summary>Most inputs of a run, and most outputs.</summary>
    public const int MaxPorts = 1024;

    /// <summary>Most elements of one input.</summary>
    public const long MaxElements = 64L << 20;

    /// <summary>Most values that are written down for one input or output.</summary>
    public const int MaxValues = 65536;

    private const int MaxRank = 16;

    /// <summary>What is wrong with a file, in one sentence; null when nothing is.</summary>
    /// <param name="test">The file as read.</param>
    public static string? Fault(SmokeTest? test) => test switch
    {
        null => "it holds nothing",
        { Version: not (null or 1 or 2) } => $"it has version {test.Version}; 1 and 2 are known",
        not { MaxNewTokens: >= 1 and <= MaxNewTokens, MinAgreement: >= 0 and <= 1, Prompts.Count: >= 1 and <= MaxPrompts } =>
            "its number of tokens, its agreement or its number of prompts is out of bounds",
        _ when !test.Prompts.All(prompt => prompt is { PromptTokens.Count: > 0 and <= MaxPromptTokens, GreedyTokens.Count: > 0 }) =>
            $"a prompt lacks promptTokens (at most {MaxPromptTokens}) or greedyTokens",
        { Version: null or 1 } => null,
        not { Bounds: { Whole: not null, Steps: not null } } => "it has no bounds",
        _ when !IsBound(test.Bounds.Whole) || !IsBound(test.Bounds.Steps) => "a bound is no finite number above zero",
        _ when !test.Prompts.All(prompt => IsText(prompt.Forced)) =>
            $"a prompt lacks its text (2 to {MaxTextTokens} tokens) or a finite number for each token of it",
        { Tokenizer: { } file } when !SafePath.IsValid(file.Path) || file.Digest.IsEmpty => "its tokenizer is no file of the package",
        _ => null,
    };

    /// <summary>What is wrong with a file, in one sentence; null when nothing is.</summary>
    /// <param name="test">The file as read.</param>
    public static string? Fault(SmokeOutputs? test) => test switch
    {
        null => "it holds nothing",
        { Version: not SmokeOutputs.CurrentVersion } => $"it has version {test.Version}; {SmokeOutputs.CurrentVersion} is known",
        not { Runs.Count: >= 1 and <= MaxRuns } => $"it has not 1 to {MaxRuns} runs",
        _ when !(double.IsFinite(test.RelativeError) && test.RelativeError > 0) => "its bound is no finite number above zero",
        _ when !test.Runs.All(run => run is { Inputs.Count: <= MaxPorts, Outputs.Count: <= MaxPorts }
            && run.Inputs.All(IsInput) && run.Outputs.All(IsOutput)) =>
            "an input or output has no name, an impossible shape, or values that do not fit it",
        _ => null,
    };

    /// <summary>Elements of a shape; -1 where it is none, or has more than <see cref="MaxElements"/>.</summary>
    /// <param name="shape">Sizes of the dimensions.</param>
    public static long Elements(IReadOnlyList<long>? shape)
    {
        if (shape is null || shape.Count > MaxRank)
        {
            return -1;
        }

        var elements = 1L;
        foreach (var size in shape)
        {
            if (size < 0 || size > MaxElements || (elements *= size) > MaxElements)
            {
                return -1;
            }
        }

        return elements;
    }

    private static bool IsBound(SmokeBound bound) =>
        bound.ClearMargin > 0 && bound.MeanDifference > 0 && bound.LargestDifference > 0
        && double.IsFinite(bound.ClearMargin + bound.MeanDifference + bound.LargestDifference);

    private static bool IsText(SmokeText? text) =>
        text is { Tokens.Count: >= 2 and <= MaxTextTokens, Whole: { } whole }
        && IsTrace(whole, text.Tokens.Count - 1)
        && whole.Best.Count == text.Tokens.Count - 1
        && (text.Steps is not { } steps || (IsTrace(steps, text.Tokens.Count - 1) && steps.Best.Count > 0));

    private static bool IsTrace(SmokeTrace trace, int most) =>
        trace is { Best: { } best, Margins: { } margins, LogProbs: { } logProbs }
        && best.Count <= most && margins.Count == best.Count && logProbs.Count == best.Count
        && margins.All(double.IsFinite) && logProbs.All(double.IsFinite);

    private static bool IsInput(SmokeInput? input) =>
        input is { Name.Length: > 0 }
        && Elements(input.Shape) is >= 0 and var elements
        && double.IsFinite(input.Min) && double.IsFinite(input.Max) && input.Min <= input.Max
        && (input.Values is not { } values || (values.Count == elements && elements <= MaxValues && values.All(double.IsFinite)));

    private static bool IsOutput(SmokeOutput? output) =>
        output is { Name.Length: > 0, Values.Count: > 0 and <= MaxValues }
        && Elements(output.Shape) is > 0 and var elements && output.Values.Count <= elements
        && output.Values.All(double.IsFinite);
}
