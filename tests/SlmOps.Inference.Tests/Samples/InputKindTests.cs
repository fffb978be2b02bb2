using Microsoft.ML.OnnxRuntime.Tensors;
using SlmOps.Inference.Samples;

namespace SlmOps.Inference.Tests.Samples;

public sealed class InputKindTests
{
    private static readonly InputHint Rows500 = new() { Rows = 500 };

    public static TheoryData<string, TensorElementType, int, object?, object> Cases => new()
    {
        { "sr", TensorElementType.Int64, 0, new InputHint { Value = 16000 }, new InputKind.Constant(16000) },
        { "x", TensorElementType.Float, 4, new InputHint { Min = -1, Max = 1 }, new InputKind.Range(-1, 1) },
        { "input_ids", TensorElementType.Int64, 2, Rows500, new InputKind.Range(0, 499) },
        { "attention_mask", TensorElementType.Int64, 2, null, new InputKind.Mask() },
        { "attention_mask", TensorElementType.Float, 2, null, new InputKind.Mask() },
        { "position_ids", TensorElementType.Int64, 2, Rows500, new InputKind.Positions(500) },
        { "token_type_ids", TensorElementType.Int64, 2, new InputHint { Rows = 2 }, new InputKind.Segments(2) },
        { "pixels", TensorElementType.UInt8, 4, null, new InputKind.Range(0, 255) },
        { "use_cache_branch", TensorElementType.Bool, 1, null, new InputKind.Constant(0) },
        { "num_logits_to_keep", TensorElementType.Int64, 0, null, new InputKind.Constant(0) },
        { "features", TensorElementType.Float, 2, null, new InputKind.Normal() },
        { "input_ids", TensorElementType.Int64, 2, null, new InputKind.Unknown() },
        { "sr", TensorElementType.Int64, 0, null, new InputKind.Unknown() },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Of_WhatIsKnown_DecidesTheValues(string name, TensorElementType type, int rank, object? hint, object kind) =>
        Assert.Equal(kind, InputKind.Of(new(name, type, new int[rank], []), (InputHint?)hint, null));

    [Fact]
    public void Of_StatedRangeOfPixels_CountsForImagesAlone()
    {
        Assert.Equal(
            new InputKind.Range(0, 1),
            InputKind.Of(
                new("x", TensorElementType.Float, new int[4], []),
                null,
                PixelRange.Read(new Dictionary<string, string> { ["Image.NominalPixelRange"] = "Normalized_0_1" })));
        Assert.Equal(new InputKind.Normal(), InputKind.Of(new("x", TensorElementType.Float, new int[2], []), null, (0, 1)));
        Assert.Null(PixelRange.Read(new Dictionary<string, string>()));
    }
}
