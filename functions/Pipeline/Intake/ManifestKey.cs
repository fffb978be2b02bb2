using SlmOps.Quantizer.Options;
using SlmOps.Quantizer.Recipes;

namespace SlmOps.Pipeline.Intake;

/// <summary>A key of <c>slmops.json</c>, declared once: the reader, the JSON schema and the documents are made of it.</summary>
/// <param name="Name">The key.</param>
/// <param name="Help">What it means, in a sentence.</param>
internal abstract record ManifestKey(string Name, string Help)
{
    /// <summary>Whether it must be there.</summary>
    internal bool Required { get; init; }

    /// <summary>What holds without it, in words; null for a default that a document shows by itself.</summary>
    internal string? Otherwise { get; init; }
}

/// <summary>Any text, for others than us.</summary>
internal sealed record TextKey(string Name, string Help) : ManifestKey(Name, Help);

/// <summary>A name that may become part of a path.</summary>
internal sealed record NameKey(string Name, string Help) : ManifestKey(Name, Help);

/// <summary>A file of the upload.</summary>
internal sealed record PathKey(string Name, string Help) : ManifestKey(Name, Help);

/// <summary>A whole number in a range.</summary>
internal sealed record IntegerKey(string Name, string Help, int Least, int Most, int Default) : ManifestKey(Name, Help);

/// <summary>A number in a range.</summary>
internal sealed record NumberKey(string Name, string Help, double Least, double Most, double Default) : ManifestKey(Name, Help);

/// <summary>True or false.</summary>
internal sealed record FlagKey(string Name, string Help, bool Default) : ManifestKey(Name, Help);

/// <summary>One word of a list.</summary>
internal sealed record ChoiceKey(string Name, string Help, IReadOnlyList<string> Choices) : ManifestKey(Name, Help);

/// <summary>A list of words out of a choice, at least one.</summary>
internal sealed record WordsKey(string Name, string Help, IReadOnlyList<string> Choices) : ManifestKey(Name, Help);

/// <summary>Labels of devices: names and values.</summary>
internal sealed record LabelsKey(string Name, string Help, int Most) : ManifestKey(Name, Help);

/// <summary>One file of the upload, or a list of them, each with one of the endings.</summary>
internal sealed record PathsKey(string Name, string Help, int Most, IReadOnlyList<string> Endings) : ManifestKey(Name, Help);

/// <summary>Sizes by names that are the model's own.</summary>
internal sealed record SizesKey(string Name, string Help, int Most, int Largest) : ManifestKey(Name, Help);

/// <summary>A list of sizes.</summary>
internal sealed record ShapeKey(string Name, string Help, int Most, int Largest) : ManifestKey(Name, Help);

/// <summary>Objects by names that are the model's own.</summary>
internal sealed record NamedKey(string Name, string Help, int Most, IReadOnlyList<ManifestKey> Keys) : ManifestKey(Name, Help);

/// <summary>An object of keys.</summary>
internal sealed record ObjectKey(string Name, string Help, IReadOnlyList<ManifestKey> Keys) : ManifestKey(Name, Help);

/// <summary>A list of objects.</summary>
internal sealed record ListKey(string Name, string Help, int Most, IReadOnlyList<ManifestKey> Keys) : ManifestKey(Name, Help);

/// <summary>An option of the quantizer.</summary>
internal sealed record OptionKey(OptionDeclaration Option) : ManifestKey(Option.Name, Option.Help)
{
    internal bool Fits(Recipe recipe) => Option.Recipes.Contains(recipe);
}
