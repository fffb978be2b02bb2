using System.Text.Json;
using SlmOps.Cli.Lab;
using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Processors;

namespace SlmOps.Cli.Tests.Lab;

public sealed class LabCommandTests
{
    private static string Model => Path.Combine(Installation.Sample(), "model.onnx");

    [Fact]
    public async Task List_Json_SaysOfEveryProcessorWhetherItCanBeTried()
    {
        var (code, output, error) = await Run.Async("lab", "--list", "--json");

        using var document = JsonDocument.Parse(output);
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal(
            LabProcessors.All.Select(one => one.Name),
            document.RootElement.EnumerateArray().Select(one => one.GetProperty("name").GetString()!));
        Assert.Equal(JsonValueKind.Null, document.RootElement[0].GetProperty("missing").ValueKind);
        Assert.Contains("cortex-a76", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lab_ModelOnThisMachine_SaysWhatBecameOfIt()
    {
        var (code, output, error) = await Run.Async("lab", Model, "--processors", "native", "--tokens", "12", "--json");

        using var document = JsonDocument.Parse(output);
        var row = Assert.Single(document.RootElement.GetProperty("rows").EnumerateArray());
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal("native", row.GetProperty("processor").GetString());
        Assert.True(row.GetProperty("smoke").GetProperty("passed").GetBoolean());
        Assert.Equal(12, row.GetProperty("trial").GetProperty("prompt").GetProperty("positions").GetInt32());
        Assert.Contains("says nothing about speed", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lab_FileThatIsNoModel_IsRefusedBeforeAnythingIsTried()
    {
        using var folder = new Folder();
        File.WriteAllText(Path.Combine(folder.Path, "model.onnx"), "no model at all");

        var (code, output, error) = await Run.Async("lab", folder.Path, "--processors", "native", "--json");

        Assert.Equal((ExitCode.Failed, ""), (code, output));
        Assert.Contains("There is nothing to try in", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lab_EmulatedProcessor_IsComparedWithThisMachine()
    {
        var tools = LabAgents.Tools();
        var nehalem = LabProcessors.Find("nehalem")!;
        Assert.SkipWhen(tools.Missing(nehalem) is not null, $"Nothing is emulated here: {tools.Missing(nehalem)}.");
        Assert.SkipWhen(tools.IsStale(nehalem), $"The agents in {tools.Agents} are of an earlier build; {tools.Build} builds them anew.");

        var (code, output, _) = await Run.Async("lab", Model, "--processors", "nehalem", "--tokens", "8", "--json");

        using var document = JsonDocument.Parse(output);
        var rows = document.RootElement.GetProperty("rows");
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal(["native", "nehalem"], rows.EnumerateArray().Select(row => row.GetProperty("processor").GetString()!));
        Assert.Equal(1, rows[1].GetProperty("fromMachine").GetProperty("top1").GetDouble());
        // Floats differ in their last bits alone.
        Assert.InRange(rows[1].GetProperty("fromMachine").GetProperty("kl").GetDouble(), 0, 1e-6);
    }

    [Fact]
    public void Chosen_Names_AreThoseBesideThisMachine()
    {
        var chosen = LabCommand.Chosen(["haswell, cortex-a72", "vnni"], LabAgents.Tools());

        Assert.Equal(["native", "haswell", "vnni", "cortex-a72"], chosen.Select(one => one.Name));
    }
}
