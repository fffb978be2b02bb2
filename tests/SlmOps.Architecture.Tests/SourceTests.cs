using System.Text.RegularExpressions;

namespace SlmOps.Architecture.Tests;

/// <summary>What a source file may look like.</summary>
public sealed partial class SourceTests
{
    private const int MostLines = 400;

    [Fact]
    public void Sources_AreFound() => Assert.InRange(Repository.Sources.Count(), 100, int.MaxValue);

    [Fact]
    public void Sources_StayShort() => Assert.Empty(
        Repository.Sources
            .Select(file => (File: file, Lines: File.ReadLines(Path.Combine(Repository.Root, file)).Count()))
            .Where(file => file.Lines > MostLines)
            .Select(file => $"{file.File} has {file.Lines} lines"));

    [Fact]
    public void Files_HaveNamesThatSaySomething() => Assert.DoesNotContain(
        Repository.Code, file => SaysNothing(Path.GetFileNameWithoutExtension(file)) || file.Split('/').Any(SaysNothing));

    [Fact]
    public void Types_HaveNamesThatSaySomething() => Assert.Empty(
        from file in Repository.Code
        from Match type in Declaration().Matches(Repository.Read(file))
        where SaysNothing(type.Groups["name"].Value)
        select $"{file}: {type.Groups["name"].Value}");

    [Fact]
    public void Code_IsFinished() =>
        Assert.Empty(
            from file in Repository.Files
            where
                file.Split('.')[^1] is "cs" or "sh" or "bicep" or "csproj" or "props" or "targets" or "json"
                && !file.EndsWith("SourceTests.cs", StringComparison.Ordinal)
                && !file.StartsWith("infra/samples/", StringComparison.Ordinal)
            where Unfinished().IsMatch(Repository.Read(file))
            select file);

    [Theory]
    [InlineData("PackageManager", true)]
    [InlineData("StringHelpers", true)]
    [InlineData("Utils", true)]
    [InlineData("JsonUtil", true)]
    [InlineData("Common", true)]
    [InlineData("BlobStoreImpl", true)]
    [InlineData("Manage", false)]
    [InlineData("Simple", false)]
    [InlineData("Utilization", false)]
    public void SaysNothing_Name_IsTold(string name, bool expected) => Assert.Equal(expected, SaysNothing(name));

    private static bool SaysNothing(string name) => NoName().IsMatch(name);

    [GeneratedRegex("(Managers?|Helpers?|Utils?|Utility|Utilities|Common|Impl)$")]
    private static partial Regex NoName();

    [GeneratedRegex(@"\b(class|struct|interface|enum|record( struct| class)?)\s+(?<name>[A-Z]\w*)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex Unfinished();
}
