namespace SlmOps.Inference;

/// <summary>Sums over the elements x of a reference and y of a candidate.</summary>
internal sealed class DifferenceSums
{
    private double _reference;
    private double _candidate;
    private double _product;
    private double _error;
    private double _largest;
    private bool _incomparable;
    private bool _any;
    private bool _finite;

    internal void Add(ReadOnlySpan<double> reference, ReadOnlySpan<double> candidate)
    {
        if (reference.Length != candidate.Length)
        {
            MarkIncomparable();
            return;
        }

        for (var i = 0; i < reference.Length; i++)
        {
            var (x, y) = (reference[i], candidate[i]);
            _any = true;
            _finite |= double.IsFinite(x);
            // Equal infinities are no difference, and would give NaN below.
            var error = x.Equals(y) ? 0 : x - y;
            if (!double.IsFinite(error))
            {
                _incomparable = true;
                continue;
            }

            if (double.IsFinite(x))
            {
                _reference += x * x;
                _candidate += y * y;
                _product += x * y;
            }

            _error += error * error;
            _largest = Math.Max(_largest, Math.Abs(error));
        }
    }

    internal void MarkIncomparable() => _incomparable = true;

    /// <summary>Two outputs without a single finite number are equal and of no use.</summary>
    internal OutputDifference Result(string name) => _incomparable || (_any && !_finite)
        ? new(name, -OutputDifference.MaxSqnrDb, -1, double.MaxValue)
        : new(name, SqnrDb(), Cosine(), _largest);

    private double SqnrDb() => _error == 0
        ? OutputDifference.MaxSqnrDb
        : Math.Clamp(10 * Math.Log10(_reference / _error), -OutputDifference.MaxSqnrDb, OutputDifference.MaxSqnrDb);

    private double Cosine() => (_reference, _candidate) switch
    {
        _ when _error == 0 => 1,
        (0, _) or (_, 0) => 0,
        _ => Math.Clamp(_product / (Math.Sqrt(_reference) * Math.Sqrt(_candidate)), -1, 1),
    };
}
