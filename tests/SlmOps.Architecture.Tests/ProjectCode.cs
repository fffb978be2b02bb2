using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SlmOps.Architecture.Tests;

/// <summary>
/// The sources of one project as the compiler understands them, without what other projects, packages and generators would
/// add: enough to tell for each word which type of the project it means, if any.
/// </summary>
internal sealed class ProjectCode
{
    private static readonly CSharpParseOptions Parse = new(LanguageVersion.Preview);
    private static readonly ConcurrentDictionary<string, Lazy<ProjectCode>> Read = new();

    private static readonly IReadOnlyList<MetadataReference> Framework =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private readonly CSharpCompilation _compilation;

    private ProjectCode(string project)
    {
        Folder = Path.GetDirectoryName(project)!.Replace('\\', '/') + "/";
        var trees = Repository
            .Sources.Where(file => file.StartsWith(Folder, StringComparison.Ordinal))
            .Select(file => CSharpSyntaxTree.ParseText(Repository.Read(file), Parse, file))
            .ToList();
        var implicitUsings = CSharpSyntaxTree.ParseText(
            "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;",
            Parse);
        _compilation = CSharpCompilation.Create(project, [.. trees, implicitUsings], Framework, new(OutputKind.DynamicallyLinkedLibrary));
        References = [.. trees.SelectMany(Of).Distinct()];
        Types = [.. trees
            .SelectMany(tree => tree.GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
                .Select(declared => _compilation.GetSemanticModel(tree).GetDeclaredSymbol(declared)).OfType<INamedTypeSymbol>())
            .Distinct<INamedTypeSymbol>(SymbolEqualityComparer.Default)];
    }

    /// <summary>Folder of the project, with a slash at its end.</summary>
    internal string Folder { get; }

    /// <summary>Which type refers to which, and to what of it: the type itself or one of its members.</summary>
    internal IReadOnlyList<(INamedTypeSymbol From, INamedTypeSymbol To, ISymbol What)> References { get; }

    /// <summary>Every type of the project.</summary>
    internal IReadOnlyList<INamedTypeSymbol> Types { get; }

    internal static ProjectCode Of(string project) => Read.GetOrAdd(project, name => new(() => new(name))).Value;

    /// <summary>
    /// The room of a type: the first folder below the project's. A file in the project's own folder is a room by itself, for
    /// what puts everything together lies there beside what everything knows.
    /// </summary>
    internal string RoomOf(ISymbol type)
    {
        var file = type.DeclaringSyntaxReferences[0].SyntaxTree.FilePath[Folder.Length..];
        return file.Contains('/', StringComparison.Ordinal) ? file[..(file.IndexOf('/', StringComparison.Ordinal) + 1)] : file;
    }

    /// <summary>Arrows between rooms, each with one reference that makes it.</summary>
    internal ILookup<string, (string To, string Why)> Arrows() => References
        .Select(reference => (From: RoomOf(reference.From), To: RoomOf(reference.To), Why: $"{reference.From.Name} → {reference.To.Name}"))
        .Where(arrow => arrow.From != arrow.To)
        .DistinctBy(arrow => (arrow.From, arrow.To))
        .ToLookup(arrow => arrow.From, arrow => (arrow.To, arrow.Why));

    private IEnumerable<(INamedTypeSymbol From, INamedTypeSymbol To, ISymbol What)> Of(SyntaxTree tree)
    {
        var model = _compilation.GetSemanticModel(tree);
        foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            if (
                name.FirstAncestorOrSelf<BaseTypeDeclarationSyntax>() is { } around
                && model.GetDeclaredSymbol(around) is INamedTypeSymbol from)
            {
                var info = model.GetSymbolInfo(name);
                foreach (var symbol in info.Symbol is { } exact ? [exact] : info.CandidateSymbols)
                {
                    if (Owner(symbol) is { } to && !SymbolEqualityComparer.Default.Equals(from, to))
                    {
                        yield return (from, to, symbol.OriginalDefinition);
                    }
                }
            }
        }
    }

    /// <summary>The type of this project that a symbol is or belongs to.</summary>
    private static INamedTypeSymbol? Owner(ISymbol symbol)
    {
        var type = (symbol as INamedTypeSymbol ?? symbol.ContainingType)?.OriginalDefinition;
        return
            symbol is not (ITypeParameterSymbol or IParameterSymbol or ILocalSymbol)
            && type?.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax
            ? type
            : null;
    }
}
