using System.Text.RegularExpressions;

namespace SlmOps.Architecture.Tests;

/// <summary>A recipe is asked what it is; nobody compares its name.</summary>
public sealed partial class RecipeTests
{
    private const string Catalog = "functions/Quantizer/Recipes/RecipeCatalog.cs";

    private static List<string> Names => [.. Name().Matches(Repository.Read(Catalog)).Select(match => match.Groups["name"].Value)];

    [Fact]
    public void Catalog_Names_AreFound() => Assert.Contains("int4", Names);

    [Fact]
    public void Sources_OutsideTheCatalog_NameNoRecipe()
    {
        var names = new Regex($"\"({string.Join('|', Names.Select(Regex.Escape))})\"");

        Assert.Empty(
            from file in Repository.Sources
            where
                file != Catalog
                && (file.StartsWith("functions/", StringComparison.Ordinal) || file.StartsWith("infra/", StringComparison.Ordinal))
            from line in Repository.Read(file).Split('\n')
            where !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && names.IsMatch(line)
            select $"{file}: {line.Trim()}");
    }

    [GeneratedRegex("Name = \"(?<name>[^\"]+)\"")]
    private static partial Regex Name();
}
