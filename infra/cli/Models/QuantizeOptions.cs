using System.CommandLine;
using SlmOps.Quantizer;

namespace SlmOps.Cli.Models;

/// <summary>The quantizer's options as command-line options.</summary>
internal sealed class QuantizeOptions
{
    private readonly Option<string> _recipe = new("--recipe")
    {
        Description = "Recipe: " + string.Join("; ", ModelQuantizer.Recipes.Select(recipe => $"{recipe.Name}: {recipe.Description}")),
        HelpName = "NAME",
        Required = true,
    };

    private readonly Option<int?> _blockSize = new("--block-size") { Description = "Weights that share a scale: 16, 32, 64, 128 or 256", HelpName = "N" };
    private readonly Option<bool?> _symmetric = new("--symmetric") { Description = "true or false forces symmetric or asymmetric blocks (default: by error, for each tensor)" };
    private readonly Option<bool> _noSearch = new("--no-search") { Description = "Round to nearest without searching for the scale with the least error" };
    private readonly Option<bool?> _embeddings = new("--embeddings") { Description = "true or false: quantize embedding tables (default: as the recipe does)" };
    private readonly Option<string[]> _include = new("--include") { Description = "Only weights or nodes that match; * and ? as in file names", HelpName = "PATTERN" };
    private readonly Option<string[]> _exclude = new("--exclude") { Description = "Not the weights or nodes that match", HelpName = "PATTERN" };
    private readonly Option<string[]> _keepFloat = new("--keep-float") { Description = "Exact names that stay as they are", HelpName = "NAME" };
    private readonly Option<string[]> _promote = new("--promote") { Description = "int4-mixed: weights stored with 8 bits", HelpName = "PATTERN" };
    private readonly Option<long?> _sizeBudget = new("--size-budget") { Description = "auto: most bytes of all weights", HelpName = "BYTES" };
    private readonly Option<double?> _errorBudget = new("--error-budget") { Description = "auto: highest relative squared error of the weights", HelpName = "SHARE" };
    private readonly Option<double?> _sparsity = new("--sparsity") { Description = "prune: share of each weight set to zero, 0 to 0.95", HelpName = "SHARE" };
    private readonly Option<bool> _twoOfFour = new("--two-of-four") { Description = "prune: two zeros in every four weights" };
    private readonly Option<bool> _reduceRange = new("--reduce-range") { Description = "int8-dynamic: 7-bit weights for processors with AVX2 but without VNNI" };
    private readonly Option<bool> _signedWeights = new("--signed-weights") { Description = "int8-dynamic: signed weights, faster with VNNI or ARM dot products, wrong with AVX2 alone" };
    private readonly Option<bool?> _feedback = new("--feedback") { Description = "true or false: later rows answer the rounding of earlier ones (default: up to width 512)" };
    private readonly Option<int?> _threads = new("--threads") { Description = "Threads (default: all cores); the output does not depend on it", HelpName = "N" };

    internal void AddTo(Command command)
    {
        Option[] options =
        [
            _recipe, _blockSize, _symmetric, _noSearch, _embeddings, _include, _exclude, _keepFloat, _promote, _sizeBudget,
            _errorBudget, _sparsity, _twoOfFour, _reduceRange, _signedWeights, _feedback, _threads,
        ];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    internal QuantizationOptions Read(ParseResult parsed) => new()
    {
        Recipe = parsed.GetValue(_recipe)!,
        BlockSize = parsed.GetValue(_blockSize),
        Symmetric = parsed.GetValue(_symmetric),
        Search = !parsed.GetValue(_noSearch),
        Embeddings = parsed.GetValue(_embeddings),
        Include = parsed.GetValue(_include) ?? [],
        Exclude = parsed.GetValue(_exclude) ?? [],
        KeepFloat = parsed.GetValue(_keepFloat) ?? [],
        Promote = parsed.GetValue(_promote) is { Length: > 0 } promote ? promote : null,
        SizeBudget = parsed.GetValue(_sizeBudget),
        ErrorBudget = parsed.GetValue(_errorBudget),
        Sparsity = parsed.GetValue(_sparsity),
        TwoOfFour = parsed.GetValue(_twoOfFour),
        ReduceRange = parsed.GetValue(_reduceRange),
        SignedWeights = parsed.GetValue(_signedWeights),
        Feedback = parsed.GetValue(_feedback),
        Threads = parsed.GetValue(_threads),
        Limits = ModelArguments.Limits,
    };
}
