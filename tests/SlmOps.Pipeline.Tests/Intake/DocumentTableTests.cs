using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SlmOps.Contracts;
using SlmOps.Pipeline.Intake;
using SlmOps.Quantizer.Options;
using SlmOps.Quantizer.Recipes;

namespace SlmOps.Pipeline.Tests.Intake;

/// <summary>Tables of the documents that declarations make, between a mark that names them and an end mark.</summary>
public sealed class DocumentTableTests
{
    [Theory]
    [InlineData("quantizer.md", "recipes")]
    [InlineData("quantizer.md", "options")]
    [InlineData("slmops-json.md", "model")]
    [InlineData("slmops-json.md", "adaptation")]
    [InlineData("events.md", "events")]
    [InlineData("events.md", "rejections")]
    public void Document_Table_IsWhatTheDeclarationsMake(string document, string table)
    {
        var path = Path.Combine(RepositoryRoot.Path, "docs", document);
        var text = File.ReadAllText(path);
        var between = new Regex($"(?<=<!-- table: {table} -->\n).*?(?=<!-- end -->)", RegexOptions.Singleline);
        Assert.Single(between.Matches(text));

        Published.Check(path, between.Replace(text, _ => Table(table)));
    }

    [Fact]
    public void Document_SamplesOfEvents_AreThoseThatAreReadAndWritten()
    {
        var path = Path.Combine(RepositoryRoot.Path, "docs", "events.md");
        var text = File.ReadAllText(path);
        var between = new Regex("(?<=<!-- samples -->\n).*?(?=<!-- end -->)", RegexOptions.Singleline);
        Assert.Single(between.Matches(text));
        var samples = new StringBuilder("\n");
        foreach (var (type, data, _) in EventTypes.All)
        {
            var sample = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "tests", "SlmOps.Contracts.Tests", "Wire", $"{data}.json"));
            samples.Append('`').Append(type).Append("`\n\n```json\n").Append(sample.Trim()).Append("\n```\n\n");
        }

        Published.Check(path, between.Replace(text, _ => samples.ToString()));
    }

    private static string Table(string name) => name switch
    {
        "recipes" => Rows(["recipe", "what it does", "oldest ONNX Runtime"], RecipeCatalog.All.Select(recipe => new[] { $"`{recipe.Name}`", recipe.Help, recipe.MinimumOrt })),
        "options" => Rows(["option", "command line", "values", "recipes", "meaning"], OptionCatalog.All.Select(option => new[]
        {
            $"`{option.Name}`", option.Places.HasFlag(OptionPlaces.CommandLine) ? $"`{option.Flag}`" : "", option.ValuesText,
            option.RecipesText is { Length: > 0 } some ? some : "all", option.Help.Replace("*", "\\*", StringComparison.Ordinal),
        })),
        "model" => Keys(ManifestKeys.OfModel),
        "events" => Rows(["type", "data", "says"], EventTypes.All.Select(item => new[] { $"`{item.Type}`", $"`{item.Data}`", item.Says })),
        "rejections" => Rows(["code", "stage", "means"], RejectionTable.Rows.Select(row => new[] { $"`{row.Code}`", row.Stage, row.Means })),
        _ => Keys(ManifestKeys.OfAdaptation.Except(ManifestKeys.OfModel)),
    };

    private static string Keys(IEnumerable<ManifestKey> keys) => Rows(["key", "meaning", "default"], keys.SelectMany(key => Rows(key, "")));

    private static IEnumerable<string[]> Rows(ManifestKey key, string path) =>
        key switch
        {
            ObjectKey inner => inner
                .Keys.SelectMany(one => Rows(one, $"{path}{key.Name}."))
                .Prepend([$"`{path}{key.Name}`", key.Help, Otherwise(key)]),
            NamedKey named => named
                .Keys.SelectMany(one => Rows(one, $"{path}{key.Name}.NAME."))
                .Prepend([$"`{path}{key.Name}.NAME`", key.Help, Otherwise(key)]),
            SizesKey =>
            [
                [$"`{path}{key.Name}.NAME`", key.Help, Otherwise(key)],
            ],
            ListKey list => list
                .Keys.SelectMany(one => Rows(one, $"{path}{key.Name}[]."))
                .Prepend([$"`{path}{key.Name}[]`", key.Help, Otherwise(key)]),
            OptionKey option when option != ManifestKeys.VariantOptions[0] => [],
            OptionKey =>
            [
                [
                    $"`{path}`…",
                    $"{string.Join(", ", ManifestKeys.VariantOptions.Select(option => $"`{option.Name}`"))}: "
                        + "[options](quantizer.md#options) of the quantizer. One that the recipe does nothing with is refused.",
                    "the recipe's",
                ],
            ],
            _ =>
            [
                [$"`{path}{key.Name}`", key.Help + Range(key), Otherwise(key)],
            ],
        };

    private static string Range(ManifestKey key) =>
        key switch
        {
            IntegerKey number when number.Least < number.Most => string.Create(
                CultureInfo.InvariantCulture,
                $" From {number.Least:#,0} to {number.Most:#,0}."),
            NumberKey { Otherwise: null } number => string.Create(CultureInfo.InvariantCulture, $" From {number.Least} to {number.Most}."),
            _ => "",
        };

    private static string Otherwise(ManifestKey key) => key.Required ? "required" : key.Otherwise ?? key switch
    {
        IntegerKey number => number.Default.ToString("#,0", CultureInfo.InvariantCulture),
        NumberKey number => number.Default.ToString(CultureInfo.InvariantCulture),
        FlagKey flag => flag.Default ? "true" : "false",
        _ => "",
    };

    private static string Rows(string[] head, IEnumerable<string[]> rows)
    {
        var text = new StringBuilder("\n");
        text.Append(Row(head)).Append(Row([.. head.Select(_ => "---")]));
        foreach (var row in rows)
        {
            text.Append(Row(row));
        }

        return text.Append('\n').ToString();
    }

    private static string Row(string[] cells) => $"| {string.Join(" | ", cells)} |\n".Replace("|  |", "| |", StringComparison.Ordinal);
}
