namespace SlmOps.Quantizer.Recipes;

/// <summary>Every recipe there is. A recipe of forms that exist is one entry here and nothing else.</summary>
public static class RecipeCatalog
{
    /// <summary>The recipe to take where quality counts most.</summary>
    public static Recipe Careful { get; } = new()
    {
        Name = "int8",
        Help = "8-bit weights in blocks of 32 for products and embeddings; hardly any loss.",
        MinimumOrt = "1.23.0",
        Form = WeightForm.Blocks,
        Bits = 8,
        QuantizesTables = true,
    };

    /// <summary>The recipe to take where size counts most.</summary>
    public static Recipe Small { get; } = new()
    {
        Name = "int4",
        Help = "4-bit weights in blocks of 32, scale and integer zero point searched, symmetric or not by error; embeddings too.",
        MinimumOrt = "1.23.0",
        Form = WeightForm.Blocks,
        Bits = 4,
        QuantizesTables = true,
    };

    /// <summary>All of them, in the order of a help text.</summary>
    public static IReadOnlyList<Recipe> All { get; } =
    [
        new()
        {
            Name = "fp16",
            Help = "Weights of 256 elements or more as float16, half the size, but for those that half cannot hold.",
            MinimumOrt = "1.8.0",
            Form = WeightForm.Half,
            Bits = 16,
        },
        Careful,
        new()
        {
            Name = "int8-dynamic",
            Help = "8-bit weights by column and inputs quantized as they come; the fastest for long prompts.",
            MinimumOrt = "1.8.0",
            Form = WeightForm.Columns,
            Bits = 8,
        },
        Small,
        new()
        {
            Name = "int4-mixed",
            Help = "4-bit weights; 8 bits for output layer, embeddings, and value and down projections of the outer and every third layer.",
            MinimumOrt = "1.23.0",
            Form = WeightForm.Blocks,
            Bits = 4,
            QuantizesTables = true,
            Promotion = Promotion.Sensitive,
        },
        new()
        {
            Name = "auto",
            Help =
                "Bits and block chosen for each weight: least error under a size, or least size under an error; each choice is explained.",
            MinimumOrt = "1.23.0",
            Form = WeightForm.Blocks,
            Bits = 4,
            QuantizesTables = true,
            ChoosesForms = true,
        },
        new()
        {
            Name = "prune",
            Help = "The smallest values of each weight, or two of every four, set to zero; saves after compression.",
            MinimumOrt = "1.8.0",
            Form = WeightForm.Pruned,
            RequiresOneOf = ["sparsity", "twoOfFour"],
        },
    ];

    /// <summary>The recipe of a name, or null.</summary>
    /// <param name="name">Such as <c>int4</c>.</param>
    public static Recipe? Find(string name) => All.FirstOrDefault(recipe => recipe.Name == name);
}
