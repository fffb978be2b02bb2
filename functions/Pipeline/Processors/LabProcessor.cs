namespace SlmOps.Pipeline.Processors;

/// <summary>A processor that the lab can try a model on.</summary>
/// <param name="Name">Its name on the command line and in slmops.json; for an emulated one also its folder below infra/lab/processors.</param>
/// <param name="Architecture"><c>x64</c> or <c>arm64</c>; null for whatever this machine has.</param>
/// <param name="Level">What ONNX Runtime looks at, for people.</param>
/// <param name="Emulator">The emulator's program; null where it runs natively or not at all.</param>
/// <param name="Class">The class that a device with it reports, one of <see cref="Contracts.ProcessorClass"/>; null where nothing is known.</param>
public sealed record LabProcessor(string Name, string? Architecture, string Level, string? Emulator, string? Class)
{
    /// <summary>True where speeds mean nothing.</summary>
    public bool IsEmulated => Emulator is not null;

    /// <summary>A version of ONNX Runtime beside this project's own, on this machine; null for that.</summary>
    public string? Runtime { get; init; }

    /// <summary>This machine with another version of ONNX Runtime.</summary>
    /// <param name="version">Such as <c>1.23.2</c>.</param>
    public static LabProcessor WithRuntime(string version) =>
        new($"onnxruntime-{version}", null, $"this machine, ONNX Runtime {version}", null, null) { Runtime = version };
}
