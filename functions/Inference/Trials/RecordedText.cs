using System.Runtime.InteropServices;
using SlmOps.Inference.Predictions;

namespace SlmOps.Inference.Trials;

/// <summary>A text that a trial recorded, for the logits of a program that is not ours to be compared with.</summary>
/// <param name="Vocabulary">Tokens that the model tells apart.</param>
/// <param name="Window">Tokens of one window, each from an empty cache.</param>
/// <param name="Windows">Windows.</param>
public sealed record RecordedText(int Vocabulary, int Window, int Windows)
{
    /// <summary>What a trial's folder holds of the windows at once.</summary>
    /// <exception cref="InvalidDataException">When it holds none.</exception>
    public static RecordedText Read(string folder)
    {
        using var file = Open(folder);
        var header = PredictionHeader.Read(file);
        return new(header.Vocabulary, header.Window, header.Windows);
    }

    /// <summary>Compares logits with recorded trials.</summary>
    /// <param name="logits">Little-endian float32, a row of the vocabulary for each token of the first windows.</param>
    /// <param name="tokens">The text.</param>
    /// <param name="windows">How many windows the logits are of.</param>
    /// <param name="references">Folders of the trials.</param>
    /// <exception cref="InvalidDataException">When there are more or fewer logits, or a reference is of another text.</exception>
    public TrialPass Compare(string logits, IReadOnlyList<int> tokens, int windows, IReadOnlyList<string> references)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(references);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(windows, Windows);
        var positions = Window * windows;
        using var source = File.OpenRead(logits);
        if (source.Length != (long)positions * Vocabulary * sizeof(float))
        {
            throw new InvalidDataException($"There are {source.Length} bytes of logits where {positions} rows of {Vocabulary} were due.");
        }

        var files = references.Select(Open).ToList();
        try
        {
            return Compare(source, tokens, positions, files.ConvertAll(file => Reader(file, windows)));
        }
        finally
        {
            files.ForEach(file => file.Dispose());
        }
    }

    private TrialPass Compare(Stream source, IReadOnlyList<int> tokens, int positions, List<PredictionReader> readers)
    {
        var scores = readers.ConvertAll(_ => new ReferenceScores(Vocabulary));
        var row = new float[Vocabulary];
        var finite = true;
        for (var at = 0; at < positions; at++)
        {
            source.ReadExactly(MemoryMarshal.AsBytes(row.AsSpan()));
            finite &= Array.TrueForAll(row, float.IsFinite);
            for (var r = 0; r < readers.Count; r++)
            {
                scores[r].Add(readers[r].Next(), row, tokens[at + 1]);
            }
        }

        return new(positions, finite, "", [.. scores.Select(TrialDifference.Of)]);
    }

    private PredictionReader Reader(Stream file, int windows)
    {
        var reader = new PredictionReader(file);
        return reader.Header.Vocabulary == Vocabulary && reader.Header.Window == Window && reader.Header.Windows >= windows
            ? reader
            : throw new InvalidDataException("A reference was recorded with another vocabulary or another text.");
    }

    private static FileStream Open(string folder) => File.OpenRead(TextPass.PathOf(folder, TextPass.Prompt));
}
