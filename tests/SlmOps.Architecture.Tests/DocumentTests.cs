using System.IO.Enumeration;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace SlmOps.Architecture.Tests;

/// <summary>The top of the repository, and documents that point at it.</summary>
public sealed partial class DocumentTests
{
    private static readonly string[] Top =
    [
        ".ci", ".devcontainer", ".github", "docs", "edge-agent", "findings", "functions", "infra", "tests",
        "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "SECURITY.md", "SlmOps.sln", "slmops", "azure.yaml", "host.json",
        ".editorconfig", ".gitattributes", ".gitignore", "BannedSymbols.txt", "BannedSymbols.Programs.txt", "Directory.Build.props", "Directory.Build.targets",
        "Directory.Packages.props", "global.json", "package-lock.json", "package.json",
    ];

    public static TheoryData<string> Documents => [.. Repository.Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal))];

    private static IEnumerable<string> NugetPackages => XDocument.Parse(Repository.Read("Directory.Packages.props"))
        .Descendants("PackageVersion").Select(package => (string)package.Attribute("Include")!);

    // The one at the top, and those that one test project alone needs.
    private static IEnumerable<string> NpmPackages =>
        Repository.Files.Where(file => Path.GetFileName(file) == "package.json").SelectMany(NpmPackagesOf);

    private static List<string> NpmPackagesOf(string file)
    {
        using var package = JsonDocument.Parse(Repository.Read(file));
        return [.. package.RootElement.EnumerateObject()
            .Where(member => member.Name is "dependencies" or "devDependencies")
            .SelectMany(member => member.Value.EnumerateObject().Select(entry => entry.Name))];
    }

    [Fact]
    public void Top_HoldsWhatBelongsThereAlone()
    {
        var ignored = Repository
            .Read(".gitignore")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Trim('/', '\r'))
            .Append(".git")
            .ToList();
        var entries = new DirectoryInfo(Repository.Root)
            .EnumerateFileSystemInfos()
            .Select(entry => entry.Name)
            .Where(name => !ignored.Exists(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)));

        Assert.Empty(entries.Except(Top));
    }

    [Fact]
    public void Readme_IsThere() => Assert.Contains("README.md", Repository.Files);

    [Theory]
    [MemberData(nameof(Documents))]
    public void Document_Links_LeadSomewhere(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        var targets = Link().Matches(Repository.Read(document)).Select(match => match.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal));

        Assert.All(
            targets,
            target => Assert.True(Path.Exists(Path.Combine(folder, Uri.UnescapeDataString(target))), $"{document} points at {target}"));
    }

    [Fact]
    public void Dependencies_EachHasItsReason()
    {
        var lines = Repository.Read("docs/dependencies.md").Split('\n').Select(line => Reason().Match(line)).Where(match => match.Success)
            .Select(match => match.Groups["package"].Value).ToList();

        Assert.Distinct(lines);
        Assert.Equal(NugetPackages.Concat(NpmPackages).Order(StringComparer.Ordinal), lines.Order(StringComparer.Ordinal));
    }

    public static TheoryData<string, string, string> Snippets => [.. Documents.SelectMany(row =>
        Snippet().Matches(Repository.Read(row.Data)).Select(match => (row.Data, match.Groups["file"].Value, match.Groups["code"].Value)))];

    [Theory]
    [MemberData(nameof(Snippets))]
    public void Snippet_StandsWordForWordInCodeThatIsCompiled(string document, string file, string code)
    {
        Assert.True(Repository.Files.Contains(file), $"{document} takes a snippet from {file}, which is not there.");
        Assert.Contains(code.Trim('\n'), Repository.Read(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Developing_EveryCodeBlockHasItsFile() => Assert.All(
        Documents.Select(row => row.Data).Where(document => document.StartsWith("docs/developing/", StringComparison.Ordinal)),
        document => Assert.Equal(Repository.Read(document).Split("```csharp").Length - 1, Snippet().Count(Repository.Read(document))));

    // [text](target "title"), the target without its fragment; empty for a link within the document.
    [GeneratedRegex(@"\]\((?<target>[^)#\s]+)")]
    private static partial Regex Link();

    // <!-- tests/…/File.cs --> and the block of C# under it.
    [GeneratedRegex(@"<!-- (?<file>\S+\.cs) -->\n```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    // - `Package`: a reason of some length.
    [GeneratedRegex("^- `(?<package>[^`]+)`: .{20,}$")]
    private static partial Regex Reason();
}
