using SlmOps.Quantizer.Options;

namespace SlmOps.Quantizer.Tests.Examples;

internal static class BlockSizeOption
{
    internal static OptionDeclaration Entry { get; } = new()
    {
        Name = "blockSize",
        Kind = OptionKind.WholeNumber,
        Allowed = [16, 32, 64, 128, 256],
        Fits = recipe => recipe.HasBlocks,
        Help = "Weights that share a scale; 32 when not given.",
        Get = options => (long?)options.BlockSize,
        Set = (options, value) => options with { BlockSize = (int)(long)value },
    };
}
