using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SlmOps.Azure.Tests;

public sealed partial class AzdTests(SnapshotFixture snapshots)
{
    private static readonly string AzureYaml = File.ReadAllText(Path.Combine(BicepCli.RepositoryRoot, "azure.yaml"));

    /// <summary>azd sets each parameter from a variable; a default there must be the default of the template.</summary>
    [Fact]
    public async Task ParameterFile_NamesEveryParameterWithTheDefaultOfTheTemplate()
    {
        using var infra = new InfraCopy();
        var built = await BicepCli.RunAsync(infra.Folder, "build", "main.bicep", "--stdout");
        var template = JsonNode.Parse(built.Output)!["parameters"]!.AsObject();
        using var file = JsonDocument.Parse(await File.ReadAllTextAsync(
            Path.Combine(BicepCli.InfraFolder, "main.parameters.json"), TestContext.Current.CancellationToken));

        var given = file.RootElement.GetProperty("parameters").EnumerateObject().ToDictionary(
            one => one.Name, one => Variable().Match(one.Value.GetProperty("value").GetString()!).Groups["fallback"].Value);

        var declared = template.ToDictionary(
            one => one.Key, one => one.Value!["defaultValue"] is { } value ? Shown(value) : "");
        Assert.Equal(declared.OrderBy(one => one.Key), given.OrderBy(one => one.Key));
    }

    [Fact]
    public void AzureYaml_NamesTheServiceThatTheAppIsTaggedWith()
    {
        var service = ServiceName().Match(AzureYaml).Groups["name"].Value;

        Assert.Equal("functions", service);
        Assert.Equal(service, Snapshot.Text(snapshots.Full.Single("Microsoft.Web/sites"), "tags", "azd-service-name"));
    }

    [Fact]
    public void AzureYaml_PointsAtThingsThatExist()
    {
        Assert.True(File.Exists(Path.Combine(BicepCli.RepositoryRoot, Value("path"), Value("module") + ".bicep")));
        Assert.True(Directory.Exists(Path.Combine(BicepCli.RepositoryRoot, Value("project"))));
    }

    [Fact]
    public void EveryTaggableResource_CarriesTheNameOfItsEnvironment() => Assert.All(
        snapshots.Full.Resources.Where(one => one["location"] is not null),
        one => Assert.Equal("golden", Snapshot.Text(one, "tags", "azd-env-name")));

    private static string Value(string key) =>
        Regex.Match(AzureYaml, $@"^\s+{key}: (?<value>\S+)$", RegexOptions.Multiline).Groups["value"].Value;

    private static string Shown(JsonNode value) => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False
        ? value.ToJsonString()
        : value.ToString();

    // Sample: ${SLMOPS_MAX_INSTANCES=40}
    [GeneratedRegex(@"^\$\{[A-Z_]+(=(?<fallback>[^}]*))?\}$")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^services:\n  (?<name>\w+):$", RegexOptions.Multiline)]
    private static partial Regex ServiceName();
}
