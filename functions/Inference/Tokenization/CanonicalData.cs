using System.Globalization;

namespace SlmOps.Inference.Tokenization;

/// <summary>The tables of <c>Unicode/canonical.txt</c>, read once when a text first needs them.</summary>
internal static class CanonicalData
{
    static CanonicalData()
    {
        using var stream = typeof(CanonicalData).Assembly.GetManifestResourceStream("canonical.txt")
            ?? throw new InvalidOperationException("SlmOps.Inference was built without its Unicode tables.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(' ');
            switch (fields[0])
            {
                case "C":
                    foreach (var mark in fields.Skip(2))
                    {
                        Classes[Hex(mark)] = int.Parse(fields[1], CultureInfo.InvariantCulture);
                    }

                    break;
                case "D":
                    Decompositions[Hex(fields[1])] = [.. fields.Skip(2).Select(Hex)];
                    break;
                case "P":
                    Compositions[(Hex(fields[2]), Hex(fields[3]))] = Hex(fields[1]);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Marks, with a number that grows with their canonical combining class.</summary>
    internal static Dictionary<int, int> Classes { get; } = [];

    /// <summary>Full canonical decompositions, without the Hangul syllables, which are computed.</summary>
    internal static Dictionary<int, int[]> Decompositions { get; } = [];

    /// <summary>Primary composites by the pair they are made of.</summary>
    internal static Dictionary<(int First, int Second), int> Compositions { get; } = [];

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
