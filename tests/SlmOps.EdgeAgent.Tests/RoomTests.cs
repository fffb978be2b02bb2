using System.Text.RegularExpressions;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests;

/// <summary>The agent's rooms that decide have no effects, and know no others.</summary>
public sealed partial class RoomTests
{
    private static readonly string Folder = Path.Combine(RepositoryRoot.Path, "edge-agent");
    private static readonly string[] Pure = ["State", "Planning"];
    private static readonly ILookup<string, (string Path, string Text)> Rooms = Directory
        .EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
        .Select(path => (Path: path, Text: File.ReadAllText(path)))
        .ToLookup(file => Path.GetRelativePath(Folder, Path.GetDirectoryName(file.Path)!));

    [Fact]
    public void PureRooms_HaveNoEffects() =>
        Assert.All(
            Pure.SelectMany(room => Rooms[room].Select(file => (Room: room, file.Path, file.Text))),
            file =>
            {
                Assert.DoesNotMatch(Effects(), file.Text);
                Assert.All(Leads(file.Room), other => Assert.Contains(other, Pure));
            }
        );

    private static HashSet<string> Leads(string room) =>
        [
            .. Rooms[room]
                .SelectMany(file => Names().Matches(file.Text))
                .Select(match => match.Groups[1].Value)
                .Where(other => other != room),
        ];

    [GeneratedRegex(@"using (?:static )?SlmOps\.EdgeAgent\.(\w+)")]
    private static partial Regex Names();

    [GeneratedRegex(@"\b(File|Directory|Process|Environment|Console|HttpClient|ILogger|Task|TimeProvider)\b[.<(\s]|\basync\b")]
    private static partial Regex Effects();
}
