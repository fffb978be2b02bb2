namespace SlmOps.Inference.Samples;

/// <summary>The range of pixels that a model states in its metadata, by the names of the ONNX specification.</summary>
internal static class PixelRange
{
    internal static (double Min, double Max)? Read(IReadOnlyDictionary<string, string> metadata) =>
        metadata.GetValueOrDefault("Image.NominalPixelRange") switch
        {
            "NominalRange_0_255" => (0, 255),
            "NominalRange_16_235" => (16, 235),
            "Normalized_0_1" => (0, 1),
            "Normalized_1_1" => (-1, 1),
            _ => null,
        };
}
