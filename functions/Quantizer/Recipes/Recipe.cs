namespace SlmOps.Quantizer.Recipes;

/// <summary>
/// A way to make a model smaller, as data: planning, options, estimates, help and documents ask these members and never
/// the name.
/// </summary>
public sealed record Recipe
{
    /// <summary>What <see cref="QuantizationOptions.Recipe"/> takes.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, in a sentence.</summary>
    public required string Help { get; init; }

    /// <summary>Oldest ONNX Runtime that runs its usual output on a CPU; a report states what one output needs.</summary>
    public required string MinimumOrt { get; init; }

    /// <summary>How it stores the weights of products.</summary>
    internal WeightForm Form { get; init; }

    /// <summary>Bits of an element in that form, before promotion and choice; null where values keep their type.</summary>
    internal int? Bits { get; init; }

    /// <summary>Whether embedding tables are quantized without being asked; one that is tied to a product always is.</summary>
    internal bool QuantizesTables { get; init; }

    /// <summary>Which weights get 8 bits instead.</summary>
    internal Promotion Promotion { get; init; }

    /// <summary>Whether bits, block and symmetry of each weight are chosen by what they cost.</summary>
    internal bool ChoosesForms { get; init; }

    /// <summary>Names of options of which one must be given.</summary>
    internal IReadOnlyList<string> RequiresOneOf { get; init; } = [];

    /// <summary>True where weights lie in blocks, if only those of tables, as in a recipe of columns.</summary>
    internal bool HasBlocks => Form is WeightForm.Blocks or WeightForm.Columns;

    /// <summary>True where the size of the output follows from the graph, not from what is asked for.</summary>
    internal bool HasFixedSize => !ChoosesForms && RequiresOneOf.Count == 0;
}

/// <summary>A form of storing weights that a writer exists for.</summary>
internal enum WeightForm
{
    /// <summary>Codes in blocks with a scale each, read by MatMulNBits and GatherBlockQuantized.</summary>
    Blocks,

    /// <summary>Codes with a scale for each column, read by MatMulInteger; tables as blocks.</summary>
    Columns,

    /// <summary>float16 under the weight's name.</summary>
    Half,

    /// <summary>The weight's own type, some values zero.</summary>
    Pruned,
}

/// <summary>A rule by which weights get 8 bits in a recipe of fewer.</summary>
internal enum Promotion
{
    /// <summary>No weight.</summary>
    None,

    /// <summary>Output layer, embeddings, and the projections that lose most; a caller's patterns take the place of the first and the last.</summary>
    Sensitive,
}
