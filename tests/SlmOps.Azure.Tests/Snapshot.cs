using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SlmOps.Azure.Tests;

/// <summary>What main.bicep would create for one set of parameters, resolved by Bicep without Azure.</summary>
internal sealed class Snapshot(JsonObject root)
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NewLine = "\n",
    };

    internal IReadOnlyList<JsonObject> Resources { get; } =
        [.. root["predictedResources"]!.AsArray().Select(resource => resource!.AsObject())];

    /// <summary>The suffix that all global names end in.</summary>
    internal string Token => Text(Single("Microsoft.Storage/storageAccounts"), "name")["st".Length..];

    /// <summary>Takes the snapshot of a parameter file in the folder, such as <c>golden.bicepparam</c>.</summary>
    internal static async Task<Snapshot> TakeAsync(string folder, string parameterFile)
    {
        var finished = await BicepCli.RunAsync(
            folder, "snapshot", parameterFile, "--mode", "overwrite", "--deployment-name", "golden",
            "--location", "westeurope", "--tenant-id", "00000000-0000-0000-0000-000000000001",
            "--subscription-id", "00000000-0000-0000-0000-000000000002");
        finished.ShouldBeSilent();

        var written = Path.Combine(folder, Path.ChangeExtension(parameterFile, "snapshot.json"));
        var text = await File.ReadAllTextAsync(written, TestContext.Current.CancellationToken);
        var snapshot = JsonNode.Parse(text)!.AsObject();

        // Bicep writes the outputs in another order each time.
        var outputs = snapshot["outputs"]!.AsObject();
        snapshot["outputs"] = new JsonObject(outputs
            .OrderBy(output => output.Key, StringComparer.Ordinal)
            .Select(output => KeyValuePair.Create(output.Key, output.Value?.DeepClone())));
        return new(snapshot);
    }

    internal IEnumerable<JsonObject> OfType(string type) => Resources.Where(resource => Text(resource, "type") == type);

    internal JsonObject Single(string type) => Assert.Single(OfType(type));

    /// <summary>The last segments of the names of all resources of a type, sorted.</summary>
    internal IReadOnlyList<string> NamesOf(string type) =>
        [.. OfType(type).Select(resource => Text(resource, "name").Split('/')[^1]).Order(StringComparer.Ordinal)];

    /// <summary>An id below the resource group with the name suffix cut out, such as <c>Microsoft.KeyVault/vaults/kv-*</c>.</summary>
    internal string Place(string id)
    {
        const string provider = "/providers/";
        return id[(id.IndexOf(provider, StringComparison.Ordinal) + provider.Length)..]
            .Replace(Token, "*", StringComparison.Ordinal);
    }

    internal string Render() => root.ToJsonString(Indented) + "\n";

    internal static string Text(JsonNode node, params string[] path) =>
        path.Aggregate(node, (inner, name) => inner[name] ?? throw new KeyNotFoundException(
            $"{node["id"]} has no {string.Join('.', path)}.")).ToString();
}
