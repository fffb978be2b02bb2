using System.CommandLine;
using SlmOps.Quantizer;
using SlmOps.Quantizer.Options;
using SlmOps.Quantizer.Recipes;

namespace SlmOps.Cli.Models;

/// <summary>The quantizer's options as command-line options, made of their declarations.</summary>
internal sealed class QuantizeOptions
{
    private readonly Option<string> _recipe = new("--recipe")
    {
        Description = "Recipe: " + string.Join(" ", RecipeCatalog.All.Select(recipe => $"{recipe.Name}: {recipe.Help}")),
        HelpName = "NAME",
        Required = true,
    };

    private readonly List<(OptionDeclaration Declaration, Option Option, Func<ParseResult, object?> Read)> _options =
        [.. OptionCatalog.In(OptionPlaces.CommandLine).Select(Make)];

    internal void AddTo(Command command)
    {
        command.Options.Add(_recipe);
        foreach (var (_, option, _) in _options)
        {
            command.Options.Add(option);
        }
    }

    internal QuantizationOptions Read(ParseResult parsed) => _options.Aggregate(
        new QuantizationOptions { Recipe = parsed.GetValue(_recipe)!, Limits = ModelArguments.Limits },
        (options, one) => one.Read(parsed) is { } value ? one.Declaration.With(options, value) : options);

    private static (OptionDeclaration, Option, Func<ParseResult, object?>) Make(OptionDeclaration declared)
    {
        switch (declared.Kind)
        {
            case OptionKind.WholeNumber:
                var whole = new Option<long?>(declared.Flag) { Description = Describe(declared), HelpName = declared.Unit };
                return (declared, whole, parsed => parsed.GetValue(whole));
            case OptionKind.Number:
                var number = new Option<double?>(declared.Flag) { Description = Describe(declared), HelpName = declared.Unit };
                return (declared, number, parsed => parsed.GetValue(number));
            case OptionKind.Choice:
                var choice = new Option<bool?>(declared.Flag) { Description = Describe(declared) };
                return (declared, choice, parsed => parsed.GetValue(choice));
            case OptionKind.Switch:
                var flag = new Option<bool>(declared.Flag) { Description = Describe(declared) };
                return (declared, flag, parsed => parsed.GetValue(flag) ? !declared.Default : null);
            case OptionKind.Names:
                var names = new Option<string[]>(declared.Flag) { Description = Describe(declared), HelpName = declared.Unit };
                return (declared, names, parsed => parsed.GetValue(names) is { Length: > 0 } given ? given : null);
            default:
                throw new InvalidOperationException($"The option {declared.Name} has no form on the command line.");
        }
    }

    private static string Describe(OptionDeclaration declared)
    {
        var help = declared.Kind switch
        {
            OptionKind.WholeNumber or OptionKind.Number or OptionKind.Choice => $"{declared.Help.TrimEnd('.')}: {declared.ValuesText}.",
            OptionKind.Switch when declared.Default => "Off: " + declared.Help,
            _ => declared.Help,
        };
        return declared.RecipesText.Length == 0 ? help : $"{help} ({declared.RecipesText})";
    }
}
