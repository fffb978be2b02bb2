using SlmOps.Inference;
using SlmOps.Inference.Samples;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Validate;

/// <summary>What a model that is not judged by the tokens it predicts is run on.</summary>
internal static class ModelInputs
{
    /// <summary>
    /// What the upload says of the inputs, over what the graph says. Sentences are compared where a tokenizer and a text are
    /// there; a language model without a text has no use for its tokenizer here.
    /// </summary>
    internal static OutputComparisonOptions Of(RunRecord record, string source, int threads)
    {
        var asked = record.Manifest.Samples;
        var sentences = record is { IsLanguageModel: false, Manifest: { Tokenizer: not null, Evaluation.Text: not null } };
        return new()
        {
            Threads = threads,
            Inputs = Hints(asked, record.TableRows),
            NamedDimensions = asked.Dimensions,
            SampleFiles = [.. asked.Files.Select(file => WorkFolder.PathOf(source, file))],
            TextFile = sentences ? WorkFolder.PathOf(source, record.Manifest.Evaluation.Text!) : null,
            TokenizerFile = sentences ? WorkFolder.PathOf(source, record.Manifest.Tokenizer!) : null,
        };
    }

    /// <summary>What is asked for and what the graph knows, by the input's name.</summary>
    internal static IReadOnlyDictionary<string, InputHint> Hints(SampleRequest asked, IReadOnlyDictionary<string, long> tableRows) =>
        asked.Inputs.Keys.Union(tableRows.Keys).ToDictionary(name => name, name =>
        {
            var said = asked.Inputs.GetValueOrDefault(name);
            return new InputHint
            {
                Value = said?.Value,
                Min = said?.Min,
                Max = said?.Max,
                Shape = said?.Shape,
                Rows = tableRows.TryGetValue(name, out var rows) ? rows : null,
            };
        });

    /// <summary>The model that candidates are compared with: the original, or its float32 twin where ONNX Runtime cannot run the original.</summary>
    internal static string Baseline(RunRecord record, string original, WorkFolder work, CancellationToken cancellationToken)
    {
        if (!record.NeedsFloat32Twin)
        {
            return original;
        }

        var twin = Path.Combine(work.Folder("twin"), ModelFiles.Model);
        Float32Twin.Write(original, twin, new InspectionLimits(), cancellationToken);
        return twin;
    }
}
