using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Quantizes one weight slice by slice, straight into the data file.</summary>
internal sealed class BlockWeightWriter(WeightReader reader, DataFile data, int threads)
{
    // Small enough for steady memory, large enough that a slice of rows is read in long pieces.
    private const int SliceElements = 4 << 20;
    private const int Inline = 1024;
    private float[] _values = [];
    private byte[] _codes = [];
    private byte[] _scales = [];
    private byte[] _zeros = [];

    internal BlockError Write(
        PlannedWeight weight, BlockScheme scheme, bool inline, float[]? importance, out BlockTensors tensors, Action<long> progress,
        CancellationToken cancellationToken)
    {
        var (k, n) = (weight.View.K, weight.View.N);
        var codes = new Target(scheme.CodeBytes(k, n), inline, data);
        var scales = new Target(scheme.ScalesBytes(k, n), inline, data);
        var zeros = new Target(scheme.ZeroPointBytes(k, n), inline, data);
        var error = new BlockError(0, 0, true);
        var step = Columns(k, n);
        for (var first = 0; first < n; first += step)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var columns = Math.Min(step, n - first);
            error += Slice(weight.View, scheme, importance, first, columns, cancellationToken);
            codes.Put(_codes, scheme.CodeBytes(k, first), scheme.CodeBytes(k, columns));
            scales.Put(_scales, scheme.ScalesBytes(k, first), scheme.ScalesBytes(k, columns));
            zeros.Put(_zeros, scheme.ZeroPointBytes(k, first), scheme.ZeroPointBytes(k, columns));
            progress((long)k * columns);
        }

        tensors = new BlockTensors(codes, scales, scheme.Symmetric ? null : zeros);
        return error;
    }

    /// <summary>Error of a scheme over every eighth strip of columns, nothing written: enough to choose by.</summary>
    internal BlockError Sample(WeightView view, BlockScheme scheme, float[]? importance, CancellationToken cancellationToken)
    {
        const int Strip = 64;
        var error = new BlockError(0, 0, true);
        for (var first = 0; first < view.N; first += 8 * Strip)
        {
            error += Slice(view, scheme, importance, first, Math.Min(Strip, view.N - first), cancellationToken);
        }

        return error;
    }

    private static int Columns(int k, int n) => (long)k * n <= SliceElements ? n : Math.Max(64, SliceElements / k / 64 * 64);

    private BlockError Slice(WeightView view, BlockScheme scheme, float[]? importance, int first, int columns, CancellationToken cancellationToken)
    {
        Grow(ref _values, (long)view.K * columns);
        Grow(ref _codes, scheme.CodeBytes(view.K, columns));
        Grow(ref _scales, scheme.ScalesBytes(view.K, columns));
        Grow(ref _zeros, scheme.ZeroPointBytes(view.K, columns));
        reader.ReadColumns(view, first, columns, _values);
        return BlockQuantizer.Quantize(
            new MatrixSlice(_values, view.K, columns, view.Transposed), scheme, importance,
            new BlockOutput(_codes, _scales, _zeros), threads, cancellationToken);
    }

    private static void Grow<T>(ref T[] buffer, long length)
    {
        if (buffer.Length < length)
        {
            buffer = GC.AllocateUninitializedArray<T>(checked((int)length));
        }
    }

    /// <summary>Room in the data file, or an array for tensors that stay in the graph.</summary>
    internal sealed class Target
    {
        private readonly DataFile? _data;

        internal Target(long length, bool inline, DataFile data)
        {
            Length = length;
            if (inline || length < BlockWeightWriter.Inline)
            {
                Bytes = new byte[length];
            }
            else
            {
                _data = data;
                Offset = data.Reserve(length);
            }
        }

        internal byte[]? Bytes { get; }

        internal long Offset { get; }

        internal long Length { get; }

        internal void Put(byte[] from, long at, long length)
        {
            if (_data is null)
            {
                from.AsSpan(0, (int)length).CopyTo(Bytes.AsSpan((int)at));
            }
            else
            {
                _data.Write(Offset + at, from.AsSpan(0, (int)length));
            }
        }

        internal StoredTensor Tensor(string name, ElementType type, params long[] dims) => new(name, type, dims, Bytes, Offset, Length);
    }
}

/// <summary>The stored parts of a block-quantized weight.</summary>
internal sealed record BlockTensors(BlockWeightWriter.Target Codes, BlockWeightWriter.Target Scales, BlockWeightWriter.Target? ZeroPoints);
