using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Api;

namespace SlmOps.Pipeline.Tests.Api;

/// <summary>The document against an outside reader, and against the functions that answer.</summary>
public sealed partial class OpenApiDocumentTests
{
    [Fact]
    public async Task Document_OutsideReader_FindsItValidAndABrokenOneNot()
    {
        var modules = Path.Combine(RepositoryRoot.Path, "node_modules");
        Assert.SkipUnless(Directory.Exists(modules) || Environment.GetEnvironmentVariable("CI") == "true", "Run npm ci first.");
        var broken = OpenApiDocument.Build();
        broken["paths"]!["/api/v1/models"]!["get"]!["responses"] = "none";

        Assert.Equal("ok", await ReadAsync(OpenApiDocument.Text));
        Assert.Contains("responses", await ReadAsync(broken.ToJsonString()), StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_AreTheFunctionsOfTheOperatorTrigger()
    {
        var source = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "functions", "Triggers", "OperatorTrigger.cs"));
        var functions = Function().Matches(source)
            .Select(match => $"{match.Groups["name"].Value} {match.Groups["method"].Value} {match.Groups["route"].Value}");

        Assert.Equal(
            OperatorCalls
                .All.Append(OperatorCalls.Document)
                .Select(call => $"{call.Name} {call.Method} {call.Route}")
                .Order(StringComparer.Ordinal),
            functions.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Schemas_StatesAreListedByName()
    {
        var schemas = OpenApiDocument.Build()["components"]!["schemas"]!;

        Assert.Equal(StateName.All<RunState>(), schemas["RunState"]!["enum"]!.AsArray().Select(name => (string)name!));
        Assert.Equal("#/components/schemas/RunState", (string?)schemas["RunStatus"]!["properties"]!["state"]!["$ref"]);
    }

    private static async Task<string> ReadAsync(string document)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, document, TestContext.Current.CancellationToken);
            var script = Path.Combine(RepositoryRoot.Path, "tests", "SlmOps.Pipeline.Tests", "Api", "openapi.mjs");
            using var node = Process.Start(
                new ProcessStartInfo("node", [script, file]) { RedirectStandardOutput = true, RedirectStandardError = true }
            )!;
            var error = node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await node.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (output + await error).Trim();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [GeneratedRegex(
        @"\[Function\(""(?<name>\w+)""\)\].*?""(?<method>get|post|delete|put)"", Route = ""(?<route>[^""]+)""",
        RegexOptions.Singleline)]
    private static partial Regex Function();
}
