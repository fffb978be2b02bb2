using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Statements;
using SlmOps.Packaging.Verification;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Package;

/// <summary>A verdict as the signed test result of a package says it. Pure.</summary>
internal static class TestOutcome
{
    internal static ValidationOutcome Of(RunRecord record, ValidateResult judged)
    {
        var tests = Tests(judged.Figures).ToList();
        return new(
            judged.Verdict.Accepted, judged.Verdict.Reason, judged.Verdict.Accepted ? tests : [],
            judged.Verdict.Accepted ? [] : tests, Configuration(record));
    }

    /// <summary>Digest of what decided: limits, window and the evaluation text.</summary>
    private static Digest Configuration(RunRecord record)
    {
        return Digest.Of(JsonSerializer.SerializeToUtf8Bytes(
            new { record.Manifest.Acceptance, record.Manifest.Evaluation, Text = TextOf(record) }));
    }

    /// <summary>The lab's word on a variant; null where it was not asked.</summary>
    internal static LabReading? Of(RunRecord record, LabResult? tried) => record.Manifest.Lab is not { } lab || tried is null ? null : new(
        tried.Outcomes,
        tried.Machine,
        Digest.Of(JsonSerializer.SerializeToUtf8Bytes(new { Lab = lab, Text = TextOf(record), record.Manifest.Samples })));

    private static string TextOf(RunRecord record) =>
        record.Files.FirstOrDefault(file => file.Path == record.Manifest.Evaluation.Text)?.Digest.ToString() ?? "";

    private static IEnumerable<string> Tests(VariantFigures figures)
    {
        if (figures.Perplexity is not null)
        {
            yield return "perplexity";
            yield return "divergence";
            yield return "top-1-agreement";
        }

        if (figures.Cosine is not null)
        {
            yield return "embeddings";
        }
        else if (figures.SqnrDb is not null)
        {
            yield return "sqnr";
        }
    }
}
