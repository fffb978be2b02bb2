using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SlmOps.Architecture.Tests;

/// <summary>The folders of a project are rooms: arrows between them lead one way, and what only decides has no effects.</summary>
public sealed class RoomTests
{
    private static readonly string[] PureEndings = ["Policy", "Gate", "Plan", "Table"];

    /// <summary>Names by which a type reaches out of its arguments.</summary>
    private static readonly HashSet<string> Effects =
    [
        "File",
        "Directory",
        "FileStream",
        "FileInfo",
        "DirectoryInfo",
        "Task",
        "ValueTask",
        "ILogger",
        "HttpClient",
        "Socket",
        "Process",
        "Console",
        "Environment",
        "TimeProvider",
        "BlobServiceClient",
        "BlobContainerClient",
        "BlobClient",
        "TableServiceClient",
        "TableClient",
        "QueueServiceClient",
        "QueueClient",
        "EventGridPublisherClient",
        "RandomNumberGenerator",
    ];

    public static TheoryData<string> Projects => [.. ProjectTests.Products.Select(row => row.Data)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Rooms_LeadNowhereInACircle(string project)
    {
        var circles = Circles(ProjectCode.Of(project).Arrows());

        Assert.True(circles.Count == 0, string.Join("\n", circles));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void PureTypes_HaveNoEffects(string project)
    {
        var code = ProjectCode.Of(project);
        var uses = code.References.ToLookup(reference => reference.From, reference => reference.What, SymbolEqualityComparer.Default);

        Assert.Empty(
            from type in code.Types
            where IsPure(type)
            from effect in EffectsIn(Declarations(type)).Concat(
                from used in uses[type]
                from effect in EffectsOf(used)
                select $"{used.ContainingType?.Name}.{used.Name} with its {effect}")
            select $"{type.Name} uses {effect}");
    }

    [Fact]
    public void PureTypes_AreMany() => Assert.InRange(Projects.Sum(row => ProjectCode.Of(row.Data).Types.Count(IsPure)), 20, int.MaxValue);

    [Fact]
    public void Arrows_OfThePipeline_AreSeen()
    {
        var arrows = ProjectCode.Of("functions/Pipeline/SlmOps.Pipeline.csproj").Arrows();

        Assert.Contains(arrows["Package/"], arrow => arrow.To == "Runs/");
        Assert.Contains(arrows["Flow.cs"], arrow => arrow.To == "Deltas/");
    }

    [Fact]
    public void Storage_OfThePipeline_KnowsNoOtherRoom() =>
        Assert.Empty(ProjectCode.Of("functions/Pipeline/SlmOps.Pipeline.csproj").Arrows()["Storage/"]);

    /// <summary>Rooms that lead back to themselves and their arrows to each other; files alone may know each other.</summary>
    private static List<string> Circles(ILookup<string, (string To, string Why)> arrows)
    {
        var reach = arrows.ToDictionary(room => room.Key, room => Reach(arrows, room.Key));
        return
        [
            .. from room in reach.Keys.Where(room => room.EndsWith('/') && reach[room].Contains(room)).Order(StringComparer.Ordinal)
               from arrow in arrows[room]
               where reach.TryGetValue(arrow.To, out var back) && back.Contains(room)
               select $"{room} → {arrow.To}  ({arrow.Why})",
        ];
    }

    private static HashSet<string> Reach(ILookup<string, (string To, string Why)> arrows, string start)
    {
        var (reached, open) = (new HashSet<string>(), new Stack<string>([start]));
        while (open.TryPop(out var room))
        {
            foreach (var arrow in arrows[room].Where(arrow => reached.Add(arrow.To)))
            {
                open.Push(arrow.To);
            }
        }

        return reached;
    }

    /// <summary>One that says so in its summary, or whose name says that it only decides.</summary>
    private static bool IsPure(INamedTypeSymbol type) =>
        Array.Exists(PureEndings, ending => type.Name.EndsWith(ending, StringComparison.Ordinal))
        || Declarations(type).Any(declared => declared.GetLeadingTrivia().ToFullString().Contains("Pure.", StringComparison.Ordinal));

    /// <summary>What a member does that is used; a type that is only named does nothing.</summary>
    private static IEnumerable<string> EffectsOf(ISymbol used) =>
        used is INamedTypeSymbol
            ? []
            : EffectsIn(
                used.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax())
                    .Where(syntax => syntax is not BaseTypeDeclarationSyntax));

    private static IEnumerable<string> EffectsIn(IEnumerable<SyntaxNode> code) => code
        .SelectMany(node => node.DescendantNodes())
        .OfType<SimpleNameSyntax>()
        .Where(name => name.Parent switch
        {
            MemberAccessExpressionSyntax access => access.Expression == name,
            AssignmentExpressionSyntax assignment => assignment.Left != name,
            NameColonSyntax or NameEqualsSyntax => false,
            _ => true,
        })
        .Select(name => name.Identifier.Text)
        .Where(Effects.Contains)
        .Distinct();

    private static IEnumerable<SyntaxNode> Declarations(INamedTypeSymbol type) =>
        type.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax());
}
