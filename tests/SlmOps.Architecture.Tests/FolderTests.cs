using System.Text.RegularExpressions;

namespace SlmOps.Architecture.Tests;

/// <summary>The folders of a project: each is a namespace, and what one uses never leads back to it.</summary>
public sealed partial class FolderTests
{
    // Project folder and root namespace.
    public static TheoryData<string, string> Products => new() { { "functions/Quantizer", "SlmOps.Quantizer" } };

    [Theory]
    [MemberData(nameof(Products))]
    public void Namespace_IsTheFolder(string project, string root) => Assert.Empty(
        from file in Sources(project)
        let folder = FolderOf(project, file)
        let expected = folder.Length == 0 ? root : $"{root}.{folder.Replace('/', '.')}"
        let actual = Namespace().Match(Repository.Read(file)).Groups["name"].Value
        where actual != expected
        select $"{file} has the namespace {actual}");

    [Theory]
    [MemberData(nameof(Products))]
    public void Arrows_BetweenFolders_GoOneWay(string project, string root)
    {
        var arrows = Arrows(project, root);

        Assert.NotEmpty(arrows);
        Assert.Empty(Circle(arrows));
    }

    [Fact]
    public void Circle_OfThree_IsNamed()
    {
        var circle = Circle([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]);

        Assert.Equal(["a", "b", "c"], circle.Order(StringComparer.Ordinal));
    }

    // A file at the root is a room of its own: facade files use every folder, records and refusals are used by every folder.
    private static HashSet<(string From, string To)> Arrows(string project, string root)
    {
        var files = Sources(project).ToDictionary(file => file, file => Comment().Replace(Repository.Read(file), ""));
        var folders = files.Keys.Select(file => FolderOf(project, file)).Where(folder => folder.Length > 0).Distinct().ToList();
        var atRoot = files
            .Where(file => FolderOf(project, file.Key).Length == 0)
            .SelectMany(file => Declaration().Matches(file.Value).Select(type => (Type: type.Groups["name"].Value, File: file.Key)))
            .ToList();
        var arrows = new HashSet<(string, string)>();
        foreach (var (file, text) in files)
        {
            var room = Room(project, file);
            foreach (
                var folder in folders.Where(folder =>
                    Regex.IsMatch(text, $@"(using {Regex.Escape(root)}\.{folder}[.;]|[^.\w]{folder}\.[A-Z]\w+[.(])")))
            {
                arrows.Add((room, folder));
            }

            foreach (
                var (type, other) in atRoot.Where(declared =>
                    Regex.IsMatch(text, $@"(?<![.\w""]|> ){declared.Type}\b(?!\s*(\{{|=>|=[^=>]))")))
            {
                arrows.Add((room, other));
            }
        }

        arrows.RemoveWhere(arrow => arrow.Item1 == arrow.Item2);
        return arrows;
    }

    /// <summary>The rooms that lie on a circle, or nothing: those left when rooms without arrows out, or in, are taken away.</summary>
    private static List<string> Circle(IReadOnlyCollection<(string From, string To)> arrows)
    {
        var left = arrows.ToList();
        while (true)
        {
            var next = left.Where(arrow => left.Exists(other => other.From == arrow.To) && left.Exists(other => other.To == arrow.From))
                .ToList();
            if (next.Count == left.Count)
            {
                return [.. next.SelectMany(arrow => new[] { arrow.From, arrow.To }).Distinct()];
            }

            left = next;
        }
    }

    private static IEnumerable<string> Sources(string project) =>
        Repository.Sources.Where(file => file.StartsWith(project + "/", StringComparison.Ordinal));

    private static string FolderOf(string project, string file) =>
        Path.GetDirectoryName(file)!.Replace('\\', '/')[project.Length..].TrimStart('/');

    private static string Room(string project, string file) => FolderOf(project, file) is { Length: > 0 } folder ? folder : file;

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\b(class|struct|interface|enum|record( struct)?)\s+(?<name>[A-Z]\w*)")]
    private static partial Regex Declaration();
}
