using System.Xml.Linq;

namespace SlmOps.Architecture.Tests;

/// <summary>Which project may know which, and how projects lie in the tree.</summary>
public sealed class ProjectTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["SlmOps.Contracts"] = [],
        ["SlmOps.Quantizer"] = [],
        ["SlmOps.Inference"] = ["SlmOps.Contracts"],
        ["SlmOps.Runner"] = ["SlmOps.Inference"],
        ["SlmOps.Packaging"] = ["SlmOps.Contracts"],
        ["SlmOps.Pipeline"] = ["SlmOps.Contracts", "SlmOps.Inference", "SlmOps.Packaging", "SlmOps.Quantizer", "SlmOps.Runner"],
        ["SlmOps.Functions"] = ["SlmOps.Pipeline"],
        ["SlmOps.LabJob"] = ["SlmOps.Pipeline"],
        ["SlmOps.Local"] = ["SlmOps.Contracts", "SlmOps.WorkerGuard (built, not linked)"],
        ["SlmOps.WorkerGuard"] = [],
        ["SlmOps.EdgeAgent"] = ["SlmOps.Contracts", "SlmOps.Inference", "SlmOps.Packaging"],
        ["SlmOps.Cli"] =
        [
            "SlmOps.EdgeAgent (built, not linked)",
            "SlmOps.Functions (built, not linked)",
            "SlmOps.Local",
            "SlmOps.Pipeline",
        ],
    };

    public static TheoryData<string> Products => [.. Repository.Projects.Where(project => !Repository.IsTest(project))];

    public static TheoryData<string> All => [.. Repository.Projects];

    [Theory]
    [MemberData(nameof(Products))]
    public void Product_References_AreTheAllowedOnes(string project)
    {
        var name = Path.GetFileNameWithoutExtension(project);

        Assert.Contains(name, Allowed.Keys);
        Assert.Equal(Allowed[name], References(project).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Products_AreThoseOfTheList() =>
        Assert.Equal(
            Allowed.Keys.Order(StringComparer.Ordinal),
            Products.Select(row => Path.GetFileNameWithoutExtension(row.Data)).Order(StringComparer.Ordinal));

    /// <summary>Not tests themselves: one installs the npm packages that tests need, one is an app that they run as a process.</summary>
    private static readonly string[] TestParts =
    [
        "tests/NodeModules/NodeModules.csproj",
        "tests/SlmOps.ForeignApp/SlmOps.ForeignApp.csproj",
    ];

    [Theory]
    [MemberData(nameof(All))]
    public void Project_References_ExistAndLieOutsideTheTests(string project) => Assert.All(
        Elements(project, "ProjectReference").Select(reference => Target(project, reference)),
        target =>
        {
            Assert.Contains(target, Repository.Projects);
            Assert.False(Repository.IsTest(target) && !TestParts.Contains(target), $"{project} references {target}");
        });

    [Theory]
    [MemberData(nameof(All))]
    public void Project_LiesInNoFolderOfAnother(string project)
    {
        // The default globs of the outer one would compile the files of the inner one.
        var folder = Path.GetDirectoryName(project) + "/";

        Assert.DoesNotContain(Repository.Projects, other => other != project && other.StartsWith(folder, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Project_IsInTheSolution(string project) =>
        Assert.Contains($"\"{project.Replace('/', '\\')}\"", Repository.Read("SlmOps.sln"), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(All))]
    public void Project_IsBuiltInBothConfigurations(string project)
    {
        var lines = Repository.Read("SlmOps.sln").Split('\n');
        var id = lines.Single(line => line.Contains($"\"{project.Replace('/', '\\')}\"", StringComparison.Ordinal)).Split('"')[^2];

        Assert.Equal(
            [$"{id}.Debug|Any CPU.Build.0 = Debug|Any CPU", $"{id}.Release|Any CPU.Build.0 = Release|Any CPU"],
            lines
                .Select(line => line.Trim())
                .Where(line => line.StartsWith($"{id}.", StringComparison.Ordinal) && line.Contains(".Build.0", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Project_NamesNoPackageVersion(string project)
    {
        Assert.All(Elements(project, "PackageReference"), package =>
        {
            Assert.Null(package.Attribute("Version"));
            Assert.Null(package.Attribute("VersionOverride"));
            Assert.Null(package.Element("Version"));
        });

        // PackageDownload takes no version from a PackageVersion item: a property of Directory.Packages.props then.
        Assert.All(
            Elements(project, "PackageDownload"),
            package => Assert.Matches(@"^\[\$\(\w+\)\]$", (string?)package.Attribute("Version")));
    }

    private static IEnumerable<string> References(string project) => Elements(project, "ProjectReference").Select(reference =>
        Path.GetFileNameWithoutExtension(Target(project, reference))
        + ((string?)reference.Attribute("ReferenceOutputAssembly") == "false" ? " (built, not linked)" : ""));

    private static string Target(string project, XElement reference)
    {
        var path = Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, (string)reference.Attribute("Include")!);
        return Path.GetRelativePath(Repository.Root, Path.GetFullPath(path)).Replace('\\', '/');
    }

    private static IEnumerable<XElement> Elements(string project, string name) =>
        XDocument.Parse(Repository.Read(project)).Descendants(name);
}
