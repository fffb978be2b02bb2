using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SlmOps.Inference.Predictions;

namespace SlmOps.Inference.Trials;

/// <summary>Feeds the right text to a language model, whatever it would have said itself: one near-tie then decides one position.</summary>
internal static class TextPass
{
    /// <summary>Names of the two ways through a text, and of what is recorded of them.</summary>
    internal const string Prompt = "prompt";

    internal const string Steps = "steps";

    /// <summary>Feeds every window in chunks of so many tokens: the window at once, or one by one.</summary>
    internal static TrialPass Run(
        LanguageModel model,
        TrialText text,
        TrialRequest request,
        string name,
        int chunk,
        IProgress<double> progress,
        CancellationToken cancellationToken)
    {
        var vocabulary = model.Shape.VocabularySize;
        using var files = new OpenFiles();
        var writer = request.Record is { } folder
            ? new PredictionWriter(files.Create(PathOf(folder, name)), Header(vocabulary, text, request.MostRecordBytes))
            : null;
        var references = request.References
            .Select(reference => Reader(files.Open(PathOf(reference, name)), reference, vocabulary, text))
            .ToList();
        var scores = references.Select(_ => new ReferenceScores(vocabulary)).ToList();
        using var bits = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var finite = true;
        using var session = model.NewSession();
        var window = new int[text.Window];
        for (var at = 0; at < text.Positions; at += chunk)
        {
            if (at % text.Window == 0)
            {
                session.Reset();
                for (var i = 0; i < window.Length; i++)
                {
                    window[i] = text.Tokens[at + i];
                }
            }

            var logits = session.Append(window.AsSpan(at % text.Window, chunk), allLogits: true, cancellationToken);
            bits.AppendData(MemoryMarshal.AsBytes(logits));
            for (var i = 0; i < chunk; i++)
            {
                var row = logits.Slice(i * vocabulary, vocabulary);
                var next = text.Tokens[at + i + 1];
                finite &= IsFinite(row);
                writer?.Add(row, next);
                for (var r = 0; r < references.Count; r++)
                {
                    scores[r].Add(references[r].Next(), row, next);
                }
            }

            progress.Report((at + chunk) / (double)text.Positions);
        }

        return new(
            text.Positions, finite, Convert.ToHexStringLower(bits.GetHashAndReset()),
            [.. scores.Select(TrialDifference.Of)]);
    }

    internal static string PathOf(string folder, string name) => Path.Combine(folder, name);

    private static PredictionHeader Header(int vocabulary, TrialText text, long mostBytes) => new(
        vocabulary, text.Window, text.Windows, PredictionHeader.Keep(vocabulary, text.Positions, mostBytes, mostBytes),
        double.NaN, double.NaN);

    private static PredictionReader Reader(Stream file, string reference, int vocabulary, TrialText text)
    {
        var reader = new PredictionReader(file);
        return reader.Header.Vocabulary == vocabulary && reader.Header.Window == text.Window && reader.Header.Windows >= text.Windows
            ? reader
            : throw new InvalidDataException($"'{reference}' was recorded with another vocabulary or another text.");
    }

    private static bool IsFinite(ReadOnlySpan<float> row)
    {
        foreach (var value in row)
        {
            if (!float.IsFinite(value))
            {
                return false;
            }
        }

        return true;
    }

    private sealed class OpenFiles : IDisposable
    {
        private readonly List<FileStream> _files = [];

        internal FileStream Create(string path) =>
            Keep(new(path, FileMode.Create, FileAccess.Write, FileShare.None, EvaluationText.FileBuffer));

        internal FileStream Open(string path) =>
            Keep(new(path, FileMode.Open, FileAccess.Read, FileShare.Read, EvaluationText.FileBuffer));

        public void Dispose() => _files.ForEach(file => file.Dispose());

        private FileStream Keep(FileStream file)
        {
            _files.Add(file);
            return file;
        }
    }
}
