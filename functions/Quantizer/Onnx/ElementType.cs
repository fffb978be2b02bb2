namespace SlmOps.Quantizer.Onnx;

/// <summary>TensorProto.DataType of onnx.proto.</summary>
internal enum ElementType
{
    Undefined = 0,
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    UInt16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    UInt32 = 12,
    UInt64 = 13,
    Complex64 = 14,
    Complex128 = 15,
    BFloat16 = 16,
    Float8E4M3Fn = 17,
    Float8E4M3Fnuz = 18,
    Float8E5M2 = 19,
    Float8E5M2Fnuz = 20,
    UInt4 = 21,
    Int4 = 22,
    Float4E2M1 = 23,
    Float8E8M0 = 24,
    UInt2 = 25,
    Int2 = 26,
}

internal static class ElementTypes
{
    /// <summary>Bits of one element, 0 when the type has no fixed size or is unknown.</summary>
    internal static int Bits(this ElementType type) => type switch
    {
        ElementType.UInt2 or ElementType.Int2 => 2,
        ElementType.UInt4 or ElementType.Int4 or ElementType.Float4E2M1 => 4,
        ElementType.UInt8 or ElementType.Int8 or ElementType.Bool => 8,
        >= ElementType.Float8E4M3Fn and <= ElementType.Float8E5M2Fnuz or ElementType.Float8E8M0 => 8,
        ElementType.UInt16 or ElementType.Int16 or ElementType.Float16 or ElementType.BFloat16 => 16,
        ElementType.Float or ElementType.Int32 or ElementType.UInt32 => 32,
        ElementType.Int64 or ElementType.UInt64 or ElementType.Double or ElementType.Complex64 => 64,
        ElementType.Complex128 => 128,
        _ => 0,
    };

    /// <summary>True for the types whose values the quantizer reads as weights.</summary>
    internal static bool IsWeight(this ElementType type) =>
        type is ElementType.Float or ElementType.Float16 or ElementType.BFloat16;

    internal static bool IsKnown(this ElementType type) => type is > ElementType.Undefined and <= ElementType.Int2;

    internal static string Text(this ElementType type) => type switch
    {
        ElementType.Float => "float32",
        ElementType.Double => "float64",
        _ when type.IsKnown() => type.ToString().ToLowerInvariant(),
        _ => $"type {(int)type}",
    };
}
