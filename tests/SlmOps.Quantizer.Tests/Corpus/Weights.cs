namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>Seeded weights, with the blocks that break quantizers.</summary>
internal static class Weights
{
    internal static float[] Normal(Random random, long count, double deviation)
    {
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(
                deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return values;
    }

    /// <summary>A K × N matrix that keeps the size of what it multiplies.</summary>
    internal static float[] Matrix(Random random, int k, int n, out string kind)
    {
        var values = Normal(random, (long)k * n, 1 / Math.Sqrt(k));
        var choice = random.Next(9);
        kind = choice switch
        {
            1 => "zero",
            2 => "zero-block",
            3 => "constant",
            4 => "positive",
            5 => "negative",
            6 => "tiny",
            7 => "outlier",
            _ => "normal",
        };
        for (var i = 0; i < values.Length; i++)
        {
            var row = i / n;
            values[i] = kind switch
            {
                "zero" => 0,
                "zero-block" when row < 32 => 0,
                "constant" when row < 32 && k > 32 => 0.25f / k,
                "positive" => Math.Abs(values[i]),
                "negative" => -Math.Abs(values[i]),
                "tiny" => values[i] * 1e-20f,
                "outlier" when i == values.Length / 2 => 2f,
                _ => values[i],
            };
        }

        return values;
    }

    internal static float[] Transposed(float[] values, int rows, int columns)
    {
        var result = new float[values.Length];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
            {
                result[(c * rows) + r] = values[(r * columns) + c];
            }
        }

        return result;
    }
}
