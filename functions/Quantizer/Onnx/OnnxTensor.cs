using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Onnx;

internal enum Storage
{
    /// <summary>No data at all.</summary>
    None,

    /// <summary>Little-endian bytes in the model file (raw_data, or one packed chunk of float_data or double_data).</summary>
    Inline,

    /// <summary>Another file of the model's folder.</summary>
    External,

    /// <summary>Typed repeated fields that must be decoded one by one.</summary>
    Typed,
}

internal sealed class OnnxTensor
{
    internal required ByteRange Body { get; init; }

    /// <summary>True for an initializer that stands in its graph before, with the same bytes: it is left out of the output.</summary>
    internal bool IsRepeat { get; set; }

    internal string Name { get; set; } = "";

    internal ElementType Type { get; set; }

    internal int RawType { get; set; }

    internal List<long> Dims { get; } = [];

    internal Storage Storage { get; set; }

    /// <summary>Bytes in the model file for <see cref="Storage.Inline"/>.</summary>
    internal ByteRange Inline { get; set; }

    /// <summary>Number of values in typed fields for <see cref="Storage.Typed"/>.</summary>
    internal long TypedCount { get; set; }

    internal ExternalReference? External { get; set; }

    /// <summary>Element count, or -1 when a dimension is negative or the product overflows.</summary>
    internal long Elements
    {
        get
        {
            long product = 1;
            foreach (var dim in Dims)
            {
                if (dim < 0)
                {
                    return -1;
                }

                if (dim != 0 && product > long.MaxValue / 128 / dim)
                {
                    return -1;
                }

                product *= dim;
            }

            return product;
        }
    }

    /// <summary>Bytes the data must have; 0 for strings.</summary>
    internal long ByteLength => Elements < 0 ? -1 : (Elements * Type.Bits() + 7) / 8;

    internal string ShapeText => $"[{string.Join(",", Dims)}]";
}

/// <summary>Where the data of an external tensor lies. Length is null when the file does not say.</summary>
internal sealed class ExternalReference
{
    internal string Location { get; set; } = "";

    internal long Offset { get; set; }

    internal long? Length { get; set; }

    /// <summary>Set when an entry could not be read as a number.</summary>
    internal string? Malformed { get; set; }
}
