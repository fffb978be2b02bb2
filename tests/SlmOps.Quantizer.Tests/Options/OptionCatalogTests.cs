using System.Reflection;
using System.Text.Json;
using SlmOps.Quantizer.Options;

namespace SlmOps.Quantizer.Tests.Options;

public sealed class OptionCatalogTests
{
    public static TheoryData<string> Names => [.. OptionCatalog.All.Select(option => option.Name)];

    private static OptionDeclaration Find(string name) => OptionCatalog.All.Single(option => option.Name == name);

    private static object Value(OptionDeclaration option) => option.Kind switch
    {
        OptionKind.WholeNumber => option.Allowed.Count > 0 ? option.Allowed[^1] : 7L,
        OptionKind.Number => 0.25,
        OptionKind.Switch => !option.Default,
        OptionKind.Choice => true,
        OptionKind.Names => new[] { "a*", "b" },
        _ => new Dictionary<string, InputStatistics> { ["w"] = new([1f]) },
    };

    [Fact]
    public void All_EveryPropertyOfTheOptions_IsDeclaredOnce() => Assert.Equal(
        typeof(QuantizationOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.Name is not (nameof(QuantizationOptions.Recipe) or nameof(QuantizationOptions.Limits)))
            .Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)).Order(StringComparer.Ordinal),
        OptionCatalog.All.Select(option => option.Name).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void With_Value_IsTheOneThatIsRead(string name)
    {
        var option = Find(name);
        var none = new QuantizationOptions { Recipe = "int4" };

        var value = Value(option);
        var given = option.With(none, value);

        Assert.Null(option.ValueIn(none));
        Assert.Equal(value, option.ValueIn(given));
        Assert.All(OptionCatalog.All.Where(other => other.Name != name), other => Assert.Null(other.ValueIn(given)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Recipes_OfAnOption_AreSome(string name) => Assert.NotEmpty(Find(name).Recipes);

    [Theory]
    [InlineData("blockSize", "--block-size", "16, 32, 64, 128 or 256", "all but fp16, prune")]
    [InlineData("search", "--no-search", "true or false", "all but fp16, prune")]
    [InlineData("twoOfFour", "--two-of-four", "true or false", "all but fp16")]
    [InlineData("sparsity", "--sparsity", "more than 0 and at most 0.95", "all but fp16")]
    [InlineData("errorBudget", "--error-budget", "0 or more", "auto")]
    [InlineData("include", "--include", "names or patterns", "")]
    [InlineData("threads", "--threads", "from 1 to 1024", "")]
    public void Declaration_InWords_SaysFlagValuesAndRecipes(string name, string flag, string values, string recipes)
    {
        var option = Find(name);

        Assert.Equal((flag, values, recipes), (option.Flag, option.ValuesText, option.RecipesText));
    }
}
