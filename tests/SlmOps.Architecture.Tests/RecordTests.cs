using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SlmOps.Architecture.Tests;

/// <summary>A record of many members is made with their names: of many values in a row, two of a kind are soon swapped.</summary>
public sealed class RecordTests
{
    private const int MostPositional = 8;

    public static TheoryData<string> Projects => RoomTests.Projects;

    [Theory]
    [MemberData(nameof(Projects))]
    public void Records_WithManyMembers_NameThem(string project) => Assert.Empty(
        from record in Records(project)
        where record.Positional > MostPositional
        select $"{record.Name} has {record.Positional} positional members, at most {MostPositional} may be; make them properties");

    [Fact]
    public void Records_WithPositionalMembers_AreSeen()
    {
        var records = Projects.SelectMany(row => Records(row.Data)).ToList();

        Assert.InRange(records.Count(record => record.Positional > 0), 100, int.MaxValue);
        Assert.Contains(("EvaluateJob", 8), records);
    }

    private static IEnumerable<(string Name, int Positional)> Records(string project) =>
        from type in ProjectCode.Of(project).Types
        from declared in type.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax()).OfType<RecordDeclarationSyntax>()
        select (type.Name, declared.ParameterList?.Parameters.Count ?? 0);
}
