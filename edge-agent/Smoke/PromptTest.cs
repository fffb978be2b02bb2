using System.Diagnostics;
using System.Globalization;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Device;
using SlmOps.Inference;
using SlmOps.Inference.Smoke;

namespace SlmOps.EdgeAgent.Smoke;

/// <summary>The smoke test of a language model: what it says of the prompts that came with it.</summary>
internal static class PromptTest
{
    internal static SmokeOutcome Run(
        string path, SmokeTest test, int prompts, IReadOnlyList<string> adapters, CancellationToken cancellationToken) =>
        test.Bounds is { } bounds && test.Version == 2
            ? Feed(path, test, bounds, prompts, adapters, cancellationToken)
            : Generate(path, test, prompts, adapters, cancellationToken);

    /// <summary>Version 2: the text is given, and every token of it judged.</summary>
    private static SmokeOutcome Feed(
        string path, SmokeTest test, SmokeBounds bounds, int prompts, IReadOnlyList<string> adapters, CancellationToken cancellationToken)
    {
        if (test.Tokenizer is { } file && Tokenizer(path, file) is { } other)
        {
            return SmokeTester.Failed("smoke-failed", other);
        }

        using var model = LanguageModel.Open(path, new() { Adapters = adapters });
        List<SmokeText> expected = [.. test.Prompts.Take(prompts).Select(prompt => prompt.Forced!)];
        var watch = Stopwatch.StartNew();
        var found = ForcedRun.Run(
            model, [.. expected.Select(text => new ForcedText(text.Tokens, text.Steps?.Best.Count ?? 0))], cancellationToken);
        var seconds = watch.Elapsed.TotalSeconds;
        var whole = SmokeJudge.Compare(expected.Zip(found, (one, other) => (one.Whole, other.Whole)), bounds.Whole.ClearMargin);
        var steps = SmokeJudge.Compare(
            expected.Zip(found).Where(pair => pair.First.Steps is not null).Select(pair => (pair.First.Steps!, pair.Second.Steps!)),
            bounds.Steps.ClearMargin);
        var good = whole.IsWithin(bounds.Whole) && steps.IsWithin(bounds.Steps);
        var tokens = whole.Positions + steps.Positions;
        var bad = whole.NotFinite + steps.NotFinite;
        var said = $"on {Machine.ProcessorClassName ?? "an unknown processor"}: given at once, {whole.Words(bounds.Whole)}"
            + (steps.Positions > 0 ? $"; token by token, {steps.Words(bounds.Steps)}" : "");
        return bad > 0
            ? SmokeTester.Failed("smoke-not-finite", $"{bad} of {tokens} tokens of its prompts get numbers that are not finite.")
            : new(good, good ? null : ReasonCodes.SmokeDisagrees, said, null, tokens, tokens / seconds, SmokeTester.PeakBytes());
    }

    /// <summary>Why the tokenizer beside the model is another one than the texts were made with; null when it is the same.</summary>
    private static string? Tokenizer(string path, SmokeFile file)
    {
        var tokenizer = Path.Combine(Path.GetDirectoryName(path)!, file.Path);
        if (!File.Exists(tokenizer))
        {
            return $"The package has no '{file.Path}', with which the prompts were made.";
        }

        using var content = File.OpenRead(tokenizer);
        var digest = Digest.FromHash(System.Security.Cryptography.SHA256.HashData(content));
        return digest == file.Digest ? null : $"'{file.Path}' is another tokenizer than the one with which the model was validated.";
    }

    /// <summary>Version 1: the model runs on alone, and most tokens must be the expected ones.</summary>
    private static SmokeOutcome Generate(
        string path, SmokeTest test, int prompts, IReadOnlyList<string> adapters, CancellationToken cancellationToken)
    {
        using var model = LanguageModel.Open(path, new() { Adapters = adapters });
        var (expected, equal, generated) = (0, 0, 0);
        var watch = Stopwatch.StartNew();
        foreach (var prompt in test.Prompts.Take(prompts))
        {
            var wanted = prompt.GreedyTokens!.Take(test.MaxNewTokens).ToList();
            var tokens = model.GenerateGreedy(prompt.PromptTokens!, wanted.Count, cancellationToken);
            generated += tokens.Count;
            expected += wanted.Count;
            equal += wanted.Zip(tokens).Count(pair => pair.First == pair.Second);
        }

        var agreement = (double)equal / expected;
        var good = agreement >= test.MinAgreement;
        var said = string.Create(
            CultureInfo.InvariantCulture,
            $"on {Machine.ProcessorClassName ?? "an unknown processor"}: {equal} of {expected} tokens are the expected ones, at least "
                + $"{test.MinAgreement:P0} must be");
        return new(
            good, good ? null : ReasonCodes.SmokeDisagrees, said, agreement, generated, generated / watch.Elapsed.TotalSeconds,
            SmokeTester.PeakBytes());
    }
}
