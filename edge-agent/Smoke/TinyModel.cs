using System.Text;

namespace SlmOps.EdgeAgent.Smoke;

/// <summary>An ONNX model of one node, y = x + x for x of [1, 4] floats, written by hand in protobuf's wire format.</summary>
internal static class TinyModel
{
    internal static byte[] Bytes { get; } = Model();

    // Field numbers of onnx.proto: ModelProto ir_version 1, graph 7, opset_import 8; GraphProto node 1, name 2,
    // input 11, output 12; NodeProto input 1, output 2, op_type 4; ValueInfoProto name 1, type 2; TypeProto
    // tensor_type 1; TensorTypeProto elem_type 1, shape 2; TensorShapeProto dim 1; Dimension dim_value 1;
    // OperatorSetIdProto domain 1, version 2.
    private static byte[] Model()
    {
        byte[] graph =
        [
            .. Field(1, [.. Text(1, "x"), .. Text(1, "x"), .. Text(2, "y"), .. Text(4, "Add")]),
            .. Text(2, "tiny"), .. Field(11, FloatTensor("x")), .. Field(12, FloatTensor("y")),
        ];
        return [.. Number(1, 8), .. Field(7, graph), .. Field(8, [.. Text(1, ""), .. Number(2, 17)])];
    }

    private static byte[] FloatTensor(string name)
    {
        byte[] shape = [.. Field(1, Number(1, 1)), .. Field(1, Number(1, 4))];
        const byte Float = 1;
        return [.. Text(1, name), .. Field(2, Field(1, [.. Number(1, Float), .. Field(2, shape)]))];
    }

    private static byte[] Text(int field, string text) => Field(field, Encoding.ASCII.GetBytes(text));

    // Lengths and numbers stay below 128 here, so one byte holds each.
    private static byte[] Field(int field, byte[] content) => [(byte)(field << 3 | 2), checked((byte)content.Length), .. content];

    private static byte[] Number(int field, byte value) => [(byte)(field << 3), value];
}
