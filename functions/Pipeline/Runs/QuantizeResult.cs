using SlmOps.Contracts;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Runs;

/// <summary>One variant as built, or why it could not be.</summary>
internal sealed record QuantizeResult : StageResult
{
    internal const string Prefix = "quantize|";

    internal static string Row(string variant) => Prefix + variant;

    /// <summary>Variant name.</summary>
    public required string Variant { get; init; }

    /// <summary>Quantizer recipe.</summary>
    public required string Recipe { get; init; }

    /// <summary>Graph and weights; empty when the quantizer refused.</summary>
    public IReadOnlyList<StoredFile> Files { get; init; } = [];

    /// <summary>The layers that packaging cuts the weights into, where their digests are known; packaging reads the others.</summary>
    public IReadOnlyList<StoredFile> Layers { get; init; } = [];

    /// <summary>Bytes of graph and weights.</summary>
    public long Bytes { get; init; }

    /// <summary>Bytes divided by the original's.</summary>
    public double Ratio { get; init; }

    /// <summary>Lowest ONNX Runtime version that runs it.</summary>
    public string MinimumOrt { get; init; } = "";

    /// <summary>Weights that were quantized.</summary>
    public int Quantized { get; init; }

    /// <summary>Weights left as they were.</summary>
    public int Kept { get; init; }

    /// <summary>Why the quantizer refused; empty when it did not.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];

    internal Digest Digest => Contracts.Digest.Of(System.Text.Encoding.UTF8.GetBytes(
        string.Concat(Files.Select(file => $"{file.Path}\0{file.Digest}\n"))));
}
