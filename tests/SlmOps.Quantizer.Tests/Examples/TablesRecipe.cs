using SlmOps.Quantizer.Recipes;

namespace SlmOps.Quantizer.Tests.Examples;

internal static class TablesRecipe
{
    internal static Recipe Entry { get; } = new()
    {
        Name = "int4-tables",
        Help = "4-bit weights, embedding tables too; the smallest.",
        MinimumOrt = "1.23.0",
        Form = WeightForm.Blocks,
        Bits = 4,
        QuantizesTables = true,
    };
}
