using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.Inference.Samples;

/// <summary>What the values of an input mean, as far as its type, its name, the graph and its owner tell. Pure.</summary>
internal abstract record InputKind
{
    private InputKind()
    {
    }

    /// <summary>One value throughout.</summary>
    internal sealed record Constant(double Value) : InputKind;

    /// <summary>Even between two values; whole numbers include both.</summary>
    internal sealed record Range(double Min, double Max) : InputKind;

    /// <summary>Normal deviates.</summary>
    internal sealed record Normal : InputKind;

    /// <summary>Ones for tokens and zeros for what fills up the shorter rows of a batch.</summary>
    internal sealed record Mask : InputKind;

    /// <summary>Counting along the last dimension, up to the end of the table.</summary>
    internal sealed record Positions(long Rows) : InputKind;

    /// <summary>A first and a second text in every row.</summary>
    internal sealed record Segments(long Rows) : InputKind;

    /// <summary>Whole numbers of which nobody says what they pick or count.</summary>
    internal sealed record Unknown : InputKind;

    /// <param name="port">The input.</param>
    /// <param name="hint">What is said about it, or null.</param>
    /// <param name="pixels">Range of pixels that the model's metadata states, or null.</param>
    internal static InputKind Of(TensorPort port, InputHint? hint, (double Min, double Max)? pixels) => (hint, port.Type) switch
    {
        ({ Value: { } value }, _) => new Constant(value),
        ({ Min: { } min, Max: { } max }, _) => new Range(min, max),
        (_, TensorElementType.Bool) => Has(port, "mask") ? new Mask() : Has(port, "use_cache") ? new Constant(0) : new Range(0, 1),
        (_, TensorElementType.Float or TensorElementType.Double or TensorElementType.Float16 or TensorElementType.BFloat16) =>
            Has(port, "mask") && port.Rank == 2 ? new Mask()
            : port.Rank == 4 && pixels is { } stated ? new Range(stated.Min, stated.Max)
            : new Normal(),
        _ when Has(port, "mask") => new Mask(),
        _ when Has(port, "position") => new Positions(hint?.Rows ?? long.MaxValue),
        _ when Has(port, "token_type") || Has(port, "segment") => new Segments(hint?.Rows ?? 1),
        // 0 keeps the logits of every position.
        _ when Has(port, "logits_to_keep") => new Constant(0),
        ({ Rows: { } rows }, _) => new Range(0, rows - 1),
        // Small whole numbers are data: pixels, codes, samples of sound.
        (_, TensorElementType.UInt8) => new Range(0, byte.MaxValue),
        (_, TensorElementType.Int8) => new Range(sbyte.MinValue, sbyte.MaxValue),
        (_, TensorElementType.UInt16) => new Range(0, ushort.MaxValue),
        (_, TensorElementType.Int16) => new Range(short.MinValue, short.MaxValue),
        _ => new Unknown(),
    };

    private static bool Has(TensorPort port, string part) => port.Name.Contains(part, StringComparison.OrdinalIgnoreCase);
}
