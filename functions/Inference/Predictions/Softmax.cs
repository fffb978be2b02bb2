using System.Numerics.Tensors;

namespace SlmOps.Inference.Predictions;

/// <summary>
/// The distribution that a row of logits stands for, in double: p_i = exp(x_i − m) / Σ exp(x_j − m), with m the largest
/// logit. One object is used for row after row.
/// </summary>
internal sealed class Softmax(int vocabulary)
{
    private readonly double[] _logits = new double[vocabulary];
    private readonly double[] _weights = new double[vocabulary];

    /// <summary>The logits.</summary>
    internal double[] Logits => _logits;

    /// <summary>exp(x_i − m): the probabilities times <see cref="WeightSum"/>.</summary>
    internal double[] Weights => _weights;

    internal double WeightSum { get; private set; }

    /// <summary>log Σ exp(x_i), m included; NaN when a logit is NaN, +∞, or all are −∞.</summary>
    internal double LogSum { get; private set; }

    internal void Read(ReadOnlySpan<float> logits)
    {
        TensorPrimitives.ConvertChecked<float, double>(logits, _logits);
        var max = TensorPrimitives.Max<double>(_logits);
        TensorPrimitives.Subtract(_logits, max, _weights);
        TensorPrimitives.Exp<double>(_weights, _weights);
        WeightSum = TensorPrimitives.Sum<double>(_weights);
        LogSum = max + Math.Log(WeightSum);
    }
}
