using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Refinement;

/// <summary>Second moments of the columns of a matrix, from evenly spread groups of them.</summary>
internal static class MomentSum
{
    private const int Group = 64;
    private const int Groups = 32;

    /// <summary>Adds K × K moments whose trace is K. With <paramref name="normalize"/> every column counts alike.</summary>
    internal static void Add(double[] moments, WeightReader reader, WeightView view, bool normalize)
    {
        var k = view.K;
        var sum = new double[k * k];
        var row = new double[k];
        var values = new float[k * Group];
        var step = Math.Max(1, view.N / Group / Groups) * Group;
        for (var first = 0; first < view.N; first += step)
        {
            var columns = Math.Min(Group, view.N - first);
            reader.ReadColumns(view, first, columns, values);
            for (var c = 0; c < columns; c++)
            {
                double square = 0;
                for (var i = 0; i < k; i++)
                {
                    row[i] = view.Transposed ? values[(c * k) + i] : values[(i * columns) + c];
                    square += row[i] * row[i];
                }

                if (square > 0)
                {
                    AddOuter(sum, row, normalize ? 1 / square : 1);
                }
            }
        }

        double trace = 0;
        for (var i = 0; i < k; i++)
        {
            trace += sum[(i * k) + i];
        }

        for (var i = 0; i < sum.Length && trace > 0; i++)
        {
            moments[i] += sum[i] * k / trace;
        }
    }

    private static void AddOuter(double[] sum, double[] row, double factor)
    {
        var k = row.Length;
        for (var i = 0; i < k; i++)
        {
            var scaled = row[i] * factor;
            var into = sum.AsSpan(i * k, k);
            for (var j = 0; j < into.Length; j++)
            {
                into[j] += scaled * row[j];
            }
        }
    }
}
