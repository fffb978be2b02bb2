using System.Runtime.Intrinsics;

namespace SlmOps.Quantizer.Schemes;

/// <summary>Squared error and squared norm of what was stored, and whether every value was finite.</summary>
internal readonly record struct BlockError(double Error, double Norm, bool Finite)
{
    internal double Relative => Norm > 0 ? Error / Norm : 0;

    /// <summary>Refuses a weight by name when it holds values that are not finite.</summary>
    internal void RequireFinite(string weight)
    {
        if (!Finite)
        {
            throw new ModelQuantizationException([Problems.NotFinite(weight, "NaN or infinite values")]);
        }
    }

    public static BlockError operator +(BlockError a, BlockError b) => new(a.Error + b.Error, a.Norm + b.Norm, a.Finite && b.Finite);
}

/// <summary>Sums squares in a fixed order of eight lanes, in double precision.</summary>
internal struct ErrorSums
{
    private Vector256<double> _errorLow, _errorHigh, _normLow, _normHigh;
    private Vector256<uint> _magnitude;

    internal void Add(Vector256<float> value, Vector256<float> difference)
    {
        var (low, high) = Vector256.Widen(difference);
        _errorLow += low * low;
        _errorHigh += high * high;
        (low, high) = Vector256.Widen(value);
        _normLow += low * low;
        _normHigh += high * high;
        _magnitude = Vector256.Max(_magnitude, value.AsUInt32() & Vector256.Create(0x7FFF_FFFFu));
    }

    internal void AddAll(ReadOnlySpan<float> values, ReadOnlySpan<float> stored)
    {
        var i = 0;
        for (; i + 8 <= values.Length; i += 8)
        {
            var value = Vector256.Create(values.Slice(i, 8));
            Add(value, value - Vector256.Create(stored.Slice(i, 8)));
        }

        Span<float> rest = stackalloc float[16];
        rest.Clear();
        values[i..].CopyTo(rest);
        stored[i..].CopyTo(rest[8..]);
        var last = Vector256.Create<float>(rest[..8]);
        Add(last, last - Vector256.Create<float>(rest[8..]));
    }

    internal readonly BlockError Total
    {
        get
        {
            double error = 0, norm = 0;
            uint most = 0;
            for (var i = 0; i < 4; i++)
            {
                error += _errorLow.GetElement(i) + _errorHigh.GetElement(i);
                norm += _normLow.GetElement(i) + _normHigh.GetElement(i);
            }

            for (var i = 0; i < 8; i++)
            {
                most = Math.Max(most, _magnitude.GetElement(i));
            }

            return new BlockError(error, norm, most < 0x7F80_0000u);
        }
    }
}
