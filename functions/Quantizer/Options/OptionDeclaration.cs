using System.Globalization;
using SlmOps.Quantizer.Recipes;

namespace SlmOps.Quantizer.Options;

/// <summary>What a value of an option looks like.</summary>
public enum OptionKind
{
    /// <summary>A whole number: <see cref="long"/>.</summary>
    WholeNumber,

    /// <summary>A number: <see cref="double"/>.</summary>
    Number,

    /// <summary>On or off, with a default: <see cref="bool"/>.</summary>
    Switch,

    /// <summary>True, false, or the recipe's own choice when not given: <see cref="bool"/>.</summary>
    Choice,

    /// <summary>Names or patterns of names: a list of <see cref="string"/>.</summary>
    Names,

    /// <summary>Something that only a program can give.</summary>
    Data,
}

/// <summary>Where an option can be given beside <see cref="QuantizationOptions"/>.</summary>
[Flags]
public enum OptionPlaces
{
    /// <summary>By a program only.</summary>
    None = 0,

    /// <summary>On the command line.</summary>
    CommandLine = 1,

    /// <summary>For a variant in an upload's manifest: it decides what the output is.</summary>
    Manifest = 2,

    /// <summary>Both.</summary>
    All = CommandLine | Manifest,
}

/// <summary>An option, declared once: checks, command line, manifest, schema and documents are made of it.</summary>
public sealed record OptionDeclaration
{
    /// <summary>Its name in camel case, as in a manifest; the property of <see cref="QuantizationOptions"/> has the same in Pascal case.</summary>
    public required string Name { get; init; }

    /// <summary>What its values look like.</summary>
    public required OptionKind Kind { get; init; }

    /// <summary>What it does, in a sentence.</summary>
    public required string Help { get; init; }

    /// <summary>Where it can be given.</summary>
    public OptionPlaces Places { get; init; } = OptionPlaces.All;

    /// <summary>What a value stands for, in one word: <c>BYTES</c>.</summary>
    public string Unit { get; init; } = "N";

    /// <summary>Smallest number.</summary>
    public double Least { get; init; }

    /// <summary>Whether a number must be above <see cref="Least"/>, not only at it.</summary>
    public bool AboveLeast { get; init; }

    /// <summary>Largest number.</summary>
    public double Most { get; init; }

    /// <summary>The whole numbers there are, when they are few; else empty.</summary>
    public IReadOnlyList<long> Allowed { get; init; } = [];

    /// <summary>A switch that nobody touched.</summary>
    public bool Default { get; init; }

    /// <summary>Whether a recipe does anything with it.</summary>
    internal Func<Recipe, bool> Fits { get; init; } = _ => true;

    /// <summary>Why it would be ignored beside other options, or null.</summary>
    internal Func<QuantizationOptions, string?> Ignored { get; init; } = _ => null;

    /// <summary>The value, or null when it is not given.</summary>
    internal Func<QuantizationOptions, object?> Get { get; init; } = _ => null;

    internal Func<QuantizationOptions, object, QuantizationOptions> Set { get; init; } = (options, _) => options;

    /// <summary>The recipes that take it.</summary>
    public IReadOnlyList<Recipe> Recipes => [.. RecipeCatalog.All.Where(Fits)];

    /// <summary>Its name on the command line. A switch that is on by default is turned off there: <c>--no-search</c>.</summary>
    public string Flag => (Kind == OptionKind.Switch && Default ? "--no-" : "--")
        + string.Concat(Name.Select(letter => char.IsUpper(letter) ? $"-{char.ToLowerInvariant(letter)}" : $"{letter}"));

    /// <summary>The recipes that take it, in words; empty when all do.</summary>
    public string RecipesText
    {
        get
        {
            var others = RecipeCatalog.All.Where(recipe => !Fits(recipe)).ToList();
            return others.Count == 0 ? ""
                : others.Count < Recipes.Count ? "all but " + Text(others) : Text(Recipes);
        }
    }

    /// <summary>The values there are, in words.</summary>
    public string ValuesText =>
        Kind switch
        {
            OptionKind.WholeNumber or OptionKind.Number when Allowed.Count > 0 => string.Join(", ", Allowed.SkipLast(1))
                + $" or {Allowed[^1]}",
            OptionKind.WholeNumber or OptionKind.Number when Most == double.MaxValue =>
                $"{(AboveLeast ? "more than " : "")}{Show(Least)}{(AboveLeast ? "" : " or more")}",
            OptionKind.WholeNumber or OptionKind.Number =>
                $"{(AboveLeast ? "more than" : "from")} {Show(Least)} {(AboveLeast ? "and at most" : "to")} {Show(Most)}",
            OptionKind.Switch or OptionKind.Choice => "true or false",
            OptionKind.Names => "names or patterns",
            _ => "",
        };

    /// <summary>The value of it in a set of options, or null when it is not given or at its default.</summary>
    /// <param name="options">Options.</param>
    public object? ValueIn(QuantizationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Get(options);
    }

    /// <summary>The options with this one given.</summary>
    /// <param name="options">Options.</param>
    /// <param name="value">A value of the type that <see cref="Kind"/> says.</param>
    public QuantizationOptions With(QuantizationOptions options, object value)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(value);
        return Set(options, value);
    }

    /// <summary>Whether a number is one of the values.</summary>
    internal bool Allows(double number) =>
        Allowed.Count > 0 ? Allowed.Any(allowed => allowed == number) : number <= Most && (AboveLeast ? number > Least : number >= Least);

    private static string Text(IEnumerable<Recipe> recipes) => string.Join(", ", recipes.Select(recipe => recipe.Name));

    private static string Show(double number) => number.ToString(CultureInfo.InvariantCulture);
}
