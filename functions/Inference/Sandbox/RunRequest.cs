using System.Text.Json.Serialization;
using SlmOps.Inference.Smoke;
using SlmOps.Inference.Trials;

namespace SlmOps.Inference.Sandbox;

/// <summary>What a parent asks of the process that runs models.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "ask")]
[JsonDerivedType(typeof(Limit), "limit")]
[JsonDerivedType(typeof(Predict), "predict")]
[JsonDerivedType(typeof(Judge), "judge")]
[JsonDerivedType(typeof(Compare), "compare")]
[JsonDerivedType(typeof(Answer), "answer")]
[JsonDerivedType(typeof(TryAdapters), "try-adapters")]
[JsonDerivedType(typeof(RecordTexts), "record-texts")]
[JsonDerivedType(typeof(RecordRuns), "record-runs")]
[JsonDerivedType(typeof(Own), "own")]
[JsonDerivedType(typeof(Trial), "trial")]
internal abstract record RunRequest
{
    private RunRequest()
    {
    }

    /// <summary>The first one: what the process may take, and who must live for it to live.</summary>
    internal sealed record Limit(RunLimits Limits, int Parent) : RunRequest;

    /// <summary><see cref="Evaluation.Predict"/>.</summary>
    internal sealed record Predict(string Model, IReadOnlyList<int> Tokens, string Predictions, EvaluationOptions Options) : RunRequest;

    /// <summary><see cref="Evaluation.Judge"/>.</summary>
    internal sealed record Judge(string Model, IReadOnlyList<int> Tokens, string Predictions, EvaluationOptions Options) : RunRequest;

    /// <summary><see cref="OutputComparison.Compare"/>.</summary>
    internal sealed record Compare(string Baseline, string Candidate, OutputComparisonOptions Options) : RunRequest;

    /// <summary>Greedy continuations of prompts.</summary>
    internal sealed record Answer(
        string Model,
        LanguageModelOptions Options,
        IReadOnlyList<IReadOnlyList<int>> Prompts,
        IReadOnlyList<int> NewTokens) : RunRequest;

    /// <summary><see cref="SmokeRecorder.Texts"/>.</summary>
    internal sealed record RecordTexts(string Model, LanguageModelOptions Options, IReadOnlyList<ForcedText> Texts) : RunRequest;

    /// <summary><see cref="SmokeRecorder.Runs"/>.</summary>
    internal sealed record RecordRuns(string Model, OutputComparisonOptions Options) : RunRequest;

    /// <summary>Each set of adapters over the same model; without prompts the model is no language model.</summary>
    internal sealed record TryAdapters(
        string Model, IReadOnlyList<IReadOnlyList<string>> Sets, IReadOnlyList<IReadOnlyList<int>>? Prompts, int Threads) : RunRequest;

    /// <summary>What only this program's own process does; see <see cref="SandboxServer.Run(Func{string, string})"/>.</summary>
    internal sealed record Own(string Body) : RunRequest;

    /// <summary>One model on this process's processor, beside what others recorded.</summary>
    internal sealed record Trial(string Model, TrialRequest Ask) : RunRequest;
}
