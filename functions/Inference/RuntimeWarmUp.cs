using Microsoft.ML.OnnxRuntime;

namespace SlmOps.Inference;

/// <summary>
/// Opens and runs the smallest model there is, once in a process. What the native library takes at its first session
/// (schemas, kernels, thread pools) would otherwise count as memory and load time of the first model measured.
/// </summary>
internal static class RuntimeWarmUp
{
    // ir_version 8, opset 13, one node: y = Identity(x), x and y float32[1].
    private static readonly byte[] Identity =
    [
        0x08, 8,
        0x3A, 55,
            0x0A, 16, 0x0A, 1, (byte)'x', 0x12, 1, (byte)'y', 0x22, 8, .. "Identity"u8,
            0x12, 1, (byte)'g',
            0x5A, 15, 0x0A, 1, (byte)'x', 0x12, 10, 0x0A, 8, 0x08, 1, 0x12, 4, 0x0A, 2, 0x08, 1,
            0x62, 15, 0x0A, 1, (byte)'y', 0x12, 10, 0x0A, 8, 0x08, 1, 0x12, 4, 0x0A, 2, 0x08, 1,
        0x42, 2, 0x10, 13,
    ];

    private static readonly Lazy<bool> Done = new(Run);

    internal static void Once() => _ = Done.Value;

    private static bool Run()
    {
        using var one = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        using var session = new InferenceSession(Identity, one);
        using var options = new RunOptions();
        using var input = OrtValue.CreateTensorValueFromMemory(new float[1], [1]);
        using var outputs = session.Run(options, ["x"], [input], ["y"]);
        return outputs.Count == 1;
    }
}
