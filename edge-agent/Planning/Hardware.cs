namespace SlmOps.EdgeAgent.Planning;

/// <summary>What a variant's needs are compared with.</summary>
/// <param name="RamBytes">Memory the model may use, in bytes.</param>
/// <param name="Ort">Version of ONNX Runtime.</param>
/// <param name="InstructionSets">Names such as <c>avx2</c>.</param>
internal sealed record Hardware(long RamBytes, Version Ort, IReadOnlySet<string> InstructionSets);
