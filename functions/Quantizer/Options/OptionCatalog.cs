using SlmOps.Quantizer.Recipes;

namespace SlmOps.Quantizer.Options;

/// <summary>
/// Every option there is beside the recipe. A new one is a property of <see cref="QuantizationOptions"/> and an entry here;
/// checks, command line, manifest, schema and documents follow.
/// </summary>
public static class OptionCatalog
{
    private static readonly Func<Recipe, bool> Blocks = recipe => recipe.HasBlocks;
    private static readonly Func<Recipe, bool> Chosen = recipe => recipe.ChoosesForms;
    private static readonly Func<Recipe, bool> Columns = recipe => recipe.Form == WeightForm.Columns;

    /// <summary>All of them, in the order of a help text.</summary>
    public static IReadOnlyList<OptionDeclaration> All { get; } =
    [
        new()
        {
            Name = "blockSize", Kind = OptionKind.WholeNumber, Allowed = [16, 32, 64, 128, 256], Fits = Blocks,
            Help = "Weights that share a scale; 32 when not given.",
            Get = options => (long?)options.BlockSize,
            Set = (options, value) => options with { BlockSize = (int)Math.Clamp((long)value, 0, int.MaxValue) },
        },
        new()
        {
            Name = "symmetric", Kind = OptionKind.Choice, Fits = Blocks,
            Help = "Forces symmetric or asymmetric blocks; by error, for each tensor, when not given.",
            Get = options => options.Symmetric, Set = (options, value) => options with { Symmetric = (bool)value },
        },
        new()
        {
            Name = "search", Kind = OptionKind.Switch, Default = true, Fits = Blocks,
            Help = "Searches scale and zero point for the least error; off, values are rounded to the range of their block, the fastest.",
            Get = options => options.Search ? null : false, Set = (options, value) => options with { Search = (bool)value },
        },
        new()
        {
            Name = "feedback", Kind = OptionKind.Choice, Fits = recipe => recipe is { Form: WeightForm.Blocks, Bits: < 8 },
            Help = "Later rows of a 4-bit weight answer the rounding of earlier ones; up to width 512 when not given.",
            Ignored = options => options is { Feedback: true, Search: false } ? "there is no feedback without search" : null,
            Get = options => options.Feedback, Set = (options, value) => options with { Feedback = (bool)value },
        },
        new()
        {
            Name = "accuracyLevel", Kind = OptionKind.WholeNumber, Allowed = [1, 4], Fits = Blocks,
            Help = "1 computes products in float32, the same on every processor but for the order of sums; 4, when not given, lets "
                + "each round their inputs to 8 bits, which is faster.",
            Get = options => (long?)options.AccuracyLevel,
            Set = (options, value) => options with { AccuracyLevel = (int)Math.Clamp((long)value, 0, int.MaxValue) },
        },
        new()
        {
            Name = "embeddings", Kind = OptionKind.Choice, Fits = Blocks,
            Help = "Quantizes embedding tables or not, instead of the recipe's choice.",
            Get = options => options.Embeddings, Set = (options, value) => options with { Embeddings = (bool)value },
        },
        new()
        {
            Name = "include", Kind = OptionKind.Names, Unit = "PATTERN",
            Help = "Only weights that match, by their name or that of a node; * stands for any text, ? for one character.",
            Get = options => Given(options.Include), Set = (options, value) => options with { Include = (IReadOnlyList<string>)value },
        },
        new()
        {
            Name = "exclude", Kind = OptionKind.Names, Unit = "PATTERN",
            Help = "Weights that match stay as they are.",
            Get = options => Given(options.Exclude), Set = (options, value) => options with { Exclude = (IReadOnlyList<string>)value },
        },
        new()
        {
            Name = "keepFloat", Kind = OptionKind.Names, Unit = "NAME",
            Help = "Exact names of weights or nodes that stay as they are.",
            Get = options => Given(options.KeepFloat), Set = (options, value) => options with { KeepFloat = (IReadOnlyList<string>)value },
        },
        new()
        {
            Name = "promote", Kind = OptionKind.Names, Unit = "PATTERN", Fits = recipe => recipe.Promotion != Promotion.None,
            Help = "Weights that match get 8 bits, instead of the recipe's choice of products.",
            Get = options => options.Promote, Set = (options, value) => options with { Promote = (IReadOnlyList<string>)value },
        },
        new()
        {
            Name = "sizeBudget", Kind = OptionKind.WholeNumber, Unit = "BYTES", Least = 1, Most = 1L << 50, Fits = Chosen,
            Help = "Most bytes of all weights together.",
            Get = options => options.SizeBudget, Set = (options, value) => options with { SizeBudget = (long)value },
        },
        new()
        {
            Name = "errorBudget", Kind = OptionKind.Number, Unit = "SHARE", Least = 0, Most = double.MaxValue, Fits = Chosen,
            Help = "Highest relative squared error of the weights; 0.003 when no budget is given.",
            Ignored = options => options.SizeBudget is not null ? "sizeBudget is given, and one budget decides" : null,
            Get = options => options.ErrorBudget, Set = (options, value) => options with { ErrorBudget = (double)value },
        },
        new()
        {
            Name = "sparsity", Kind = OptionKind.Number, Unit = "SHARE", Least = 0, AboveLeast = true, Most = 0.95, Fits = CanPrune,
            Help = "Share of each weight, its smallest values, that becomes zero before anything else.",
            Ignored = options => options.TwoOfFour ? "twoOfFour is given, and one pattern decides" : null,
            Get = options => options.Sparsity, Set = (options, value) => options with { Sparsity = (double)value },
        },
        new()
        {
            Name = "twoOfFour", Kind = OptionKind.Switch, Fits = CanPrune,
            Help = "Two of every four weights along the summed dimension become zero.",
            Get = options => options.TwoOfFour ? true : null, Set = (options, value) => options with { TwoOfFour = (bool)value },
        },
        new()
        {
            Name = "signedWeights", Kind = OptionKind.Switch, Fits = Columns,
            Help = "Signed weights: faster with VNNI or ARM dot products, wrong with AVX2 alone unless the range is reduced.",
            Get = options => options.SignedWeights ? true : null, Set = (options, value) => options with { SignedWeights = (bool)value },
        },
        new()
        {
            Name = "reduceRange", Kind = OptionKind.Switch, Fits = Columns,
            Help = "7-bit weights, for processors with AVX2 but without VNNI.",
            Get = options => options.ReduceRange ? true : null, Set = (options, value) => options with { ReduceRange = (bool)value },
        },
        new()
        {
            Name = "calibration", Kind = OptionKind.Data, Places = OptionPlaces.None, Fits = Blocks,
            Help = "Second moments of the inputs of each weight, collected by the caller.",
            Get = options => options.Calibration.Count > 0 ? options.Calibration : null,
            Set = (options, value) => options with { Calibration = (IReadOnlyDictionary<string, InputStatistics>)value },
        },
        new()
        {
            Name = "threads", Kind = OptionKind.WholeNumber, Places = OptionPlaces.CommandLine, Least = 1, Most = 1024,
            Help = "Threads that compute, all cores when not given; the output does not depend on it.",
            Get = options => (long?)options.Threads,
            Set = (options, value) => options with { Threads = (int)Math.Clamp((long)value, int.MinValue, int.MaxValue) },
        },
    ];

    /// <summary>The options that can be given in a place, in order.</summary>
    /// <param name="place">The command line or a manifest.</param>
    public static IEnumerable<OptionDeclaration> In(OptionPlaces place) => All.Where(option => option.Places.HasFlag(place));

    private static bool CanPrune(Recipe recipe) => recipe.Form != WeightForm.Half;

    private static IReadOnlyList<string>? Given(IReadOnlyList<string> names) => names.Count > 0 ? names : null;
}
