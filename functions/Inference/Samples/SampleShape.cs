using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.Inference.Samples;

/// <summary>Sizes for the dimensions that a model leaves open.</summary>
/// <param name="Batch">The first dimension of inputs with more than one.</param>
/// <param name="Length">Every other open dimension.</param>
/// <param name="Past">Positions that a key/value cache holds already.</param>
internal readonly record struct SampleShape(int Batch, int Length, int Past)
{
    /// <summary>
    /// Shapes to try, best first. A model of token ids gets texts of several lengths, several of them in a batch where it
    /// takes one; any other model one size, because sizes of images and features are no choice of the caller.
    /// </summary>
    internal static IReadOnlyList<SampleShape> Candidates(
        IReadOnlyCollection<TensorPort> ports,
        SampleOptions options,
        bool readsTokens)
    {
        // Without open dimensions every size gives the same inputs.
        if (!ports.Any(port => port.Dimensions.Contains(-1)))
        {
            return [new(1, options.OpenDimensions[0], 0)];
        }

        var sizes = options.OpenDimensions.Select(size => new SampleShape(1, size, size));
        return readsTokens
            ? [new(4, 32, 0), new(1, 16, 0), new(3, 7, 0), new(1, 48, 0), .. sizes.Select(size => size with { Past = 0 }), .. sizes]
            : [.. sizes];
    }

    internal long[] Of(TensorPort port, SampleOptions options)
    {
        if (options.Inputs.GetValueOrDefault(port.Name)?.Shape is { } stated)
        {
            return [.. stated.Select(size => (long)size)];
        }

        var shape = this;
        return [.. port.Dimensions.Select((size, axis) =>
            size >= 0 ? size
            : options.NamedDimensions.TryGetValue(port.Symbol(axis), out var named) ? named
            : axis == 0 && port.Rank > 1 ? shape.Batch
            : IsPast(port.Symbol(axis)) ? shape.Past
            : shape.Length)];
    }

    /// <summary><c>past_sequence_length</c>, but not <c>past_sequence_length + sequence_length</c>.</summary>
    private static bool IsPast(string symbol) =>
        symbol.Contains("past", StringComparison.OrdinalIgnoreCase) && !symbol.Contains('+', StringComparison.Ordinal);

    /// <summary>True for a model that picks rows of a table by whole numbers in rows and columns, as texts do.</summary>
    internal static bool ReadsTokens(IEnumerable<TensorPort> ports, SampleOptions options) => ports.Any(port =>
        port.Type is TensorElementType.Int32 or TensorElementType.Int64 && port.Rank == 2
        && (port.Name == DecoderPorts.TokensName || options.Inputs.GetValueOrDefault(port.Name)?.Rows is not null));
}
