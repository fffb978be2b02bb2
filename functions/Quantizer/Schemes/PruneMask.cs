namespace SlmOps.Quantizer.Schemes;

/// <summary>
/// Which values become zero: those whose magnitude bits lie below a threshold of the whole weight, or the two smallest of
/// every four along the summed dimension. Equal values share their fate, so the order of work never matters.
/// </summary>
internal sealed record PruneMask(uint Threshold, bool TwoOfFour)
{
    private const uint Magnitude = 0x7FFF_FFFF;

    /// <summary>Zeros values in place and returns how many are zero now.</summary>
    /// <param name="values">Rows of <paramref name="rowLength"/> values.</param>
    /// <param name="rowLength">K for a transposed matrix, else N.</param>
    /// <param name="transposed">True when a row runs along the summed dimension.</param>
    internal long Apply(Span<float> values, int rowLength, bool transposed)
    {
        if (!TwoOfFour)
        {
            foreach (ref var value in values)
            {
                if ((BitConverter.SingleToUInt32Bits(value) & Magnitude) < Threshold)
                {
                    value = 0;
                }
            }
        }
        else if (transposed)
        {
            for (var row = 0; row + rowLength <= values.Length; row += rowLength)
            {
                for (var k = 0; k + 4 <= rowLength; k += 4)
                {
                    KeepTwo(values, row + k, 1);
                }
            }
        }
        else
        {
            for (var row = 0; row + (4 * rowLength) <= values.Length; row += 4 * rowLength)
            {
                for (var n = 0; n < rowLength; n++)
                {
                    KeepTwo(values, row + n, rowLength);
                }
            }
        }

        long zeros = 0;
        foreach (var value in values)
        {
            zeros += value == 0 ? 1 : 0;
        }

        return zeros;
    }

    // Of equal values the later ones go.
    private static void KeepTwo(Span<float> values, int first, int step)
    {
        for (var gone = 0; gone < 2; gone++)
        {
            var smallest = -1;
            for (var i = 0; i < 4; i++)
            {
                var at = first + (i * step);
                if (values[at] != 0 && (smallest < 0 || Math.Abs(values[at]) <= Math.Abs(values[smallest])))
                {
                    smallest = at;
                }
            }

            var zeros = 0;
            for (var i = 0; i < 4; i++)
            {
                zeros += values[first + (i * step)] == 0 ? 1 : 0;
            }

            if (zeros < 2 && smallest >= 0)
            {
                values[smallest] = 0;
            }
        }
    }
}

/// <summary>Finds the magnitude below which a given share of a weight lies, exactly, in two passes over its bits.</summary>
internal sealed class MagnitudeHistogram
{
    private readonly long[] _counts = new long[1 << 16];
    private uint? _top;

    internal void Add(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
        {
            var bits = BitConverter.SingleToUInt32Bits(value) & 0x7FFF_FFFF;
            if (_top is not { } top)
            {
                _counts[bits >> 16]++;
            }
            else if (bits >> 16 == top)
            {
                _counts[bits & 0xFFFF]++;
            }
        }
    }

    /// <summary>After the first pass: fixes the upper bits and returns how many values lie below them.</summary>
    internal long FixTop(long below)
    {
        var (index, before) = Find(below);
        _top = index;
        Array.Clear(_counts);
        return before;
    }

    /// <summary>After the second pass: the threshold; at most the wanted number of values lie strictly below it.</summary>
    internal uint Threshold(long below) => (_top!.Value << 16) | Find(below).Index;

    private (uint Index, long Before) Find(long below)
    {
        long before = 0;
        for (uint i = 0; i < _counts.Length; i++)
        {
            if (before + _counts[i] > below)
            {
                return (i, before);
            }

            before += _counts[i];
        }

        return ((uint)_counts.Length - 1, before);
    }
}
