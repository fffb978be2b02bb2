using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Refinement;

/// <summary>
/// What is known about the inputs of a weight. Calibration statistics are taken when the caller has them. Without them a
/// language model itself tells something: what flows between its layers starts as rows of the embedding and is trained to
/// point along columns of the output layer. Their second moments stand in for those of the inputs, pulled towards "all
/// channels alike" because the layers between turn them.
/// </summary>
internal sealed class InputKnowledge(QuantizationOptions options, ModelAnalysis analysis, WeightReader reader)
{
    // The work grows with the cube of the width; beyond this it would take longer than everything else.
    private const int WidestByDefault = 512;
    private const int WidestEver = 4096;
    private const double CalibratedDamping = 0.01;
    private const double OutputDamping = 0.3;
    private const double LayerDamping = 1.2;

    private readonly Dictionary<object, ErrorFeedback?> _feedback = [];
    private readonly Dictionary<int, double[]?> _streams = [];

    internal RowWeights Of(WeightEntry entry, ProductPlan product, BlockScheme scheme)
    {
        var k = product.View.K;
        if (options.Calibration.TryGetValue(entry.Name, out var statistics))
        {
            var squares = statistics.MeanSquares.Length == k ? statistics.MeanSquares : null;
            var feedback = statistics.Products is { } products && products.LongLength == (long)k * k && k <= WidestEver
                ? Cached(products, () => ErrorFeedback.From(Array.ConvertAll(products, p => (double)p), k, CalibratedDamping)) : null;
            return new RowWeights(squares, feedback);
        }

        var widest = options.Feedback switch { true => WidestEver, false => 0, null => WidestByDefault };
        return scheme.Bits >= 8 || k > widest || product.IsTable ? default : new RowWeights(null, Estimate(entry, product, k));
    }

    private ErrorFeedback? Estimate(WeightEntry entry, ProductPlan product, int k)
    {
        if (analysis.Heads.Contains(entry))
        {
            var own = new double[k * k];
            MomentSum.Add(own, reader, product.View, normalize: false);
            return ErrorFeedback.From(own, k, OutputDamping);
        }

        return analysis.Gains.Of(product.Uses[0].Node, k) is { } gain && Stream(k) is { } stream
            ? Cached(gain, () => ErrorFeedback.From(Scaled(stream, gain, k), k, LayerDamping)) : null;
    }

    // Moments of the residual stream: embedding rows and output columns, every one counted alike.
    private double[]? Stream(int k)
    {
        if (!_streams.TryGetValue(k, out var moments))
        {
            var table = analysis
                .Weights.SelectMany(e => e.Uses)
                .FirstOrDefault(u => u.Kind == UseKind.Gather && u.View.K == k && u.View.N >= k);
            var head = analysis.Heads.SelectMany(e => e.Uses).FirstOrDefault(u => u.Kind != UseKind.Gather && u.View.K == k);
            if (table is not null && head is not null)
            {
                moments = new double[k * k];
                MomentSum.Add(moments, reader, table.View, normalize: true);
                MomentSum.Add(moments, reader, head.View, normalize: true);
            }

            // A table of infinities is a mask, which tells nothing about what flows.
            _streams[k] = moments is not null && moments.All(double.IsFinite) ? moments : null;
        }

        return _streams[k];
    }

    private double[] Scaled(double[] stream, OnnxTensor gain, int k)
    {
        var values = new float[k];
        reader.ReadFloats(gain, 0, values);
        var scaled = new double[k * k];
        for (var i = 0; i < k; i++)
        {
            for (var j = 0; j < k; j++)
            {
                scaled[(i * k) + j] = stream[(i * k) + j] * values[i] * values[j];
            }
        }

        return scaled;
    }

    private ErrorFeedback? Cached(object key, Func<ErrorFeedback?> make)
    {
        if (!_feedback.TryGetValue(key, out var feedback))
        {
            _feedback[key] = feedback = make();
        }

        return feedback;
    }
}
