using SlmOps.Cli;
using SlmOps.Cli.Lab;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Processors;
using SlmOps.Quantizer;

namespace SlmOps.EndToEnd.Tests;

/// <summary>The sample in the oldest ONNX Runtime that every recipe claims, through the lab.</summary>
public sealed class LabRuntimeTests
{
    private const string Oldest = "1.23.0";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_OlderRuntime_GivesWhatThisProjectsOwnGives()
    {
        using var folder = new Folder();
        var tools = Tools(folder);
        var int4 = Path.Combine(Directory.CreateDirectory(folder.Of("int4")).FullName, "model.onnx");
        ModelQuantizer.Quantize(
            Path.Combine(Installation.Sample(), "model.onnx"), int4, new() { Recipe = "int4", Search = false }, null, Cancelled);
        LabModel[] models =
        [
            new("int4", Path.GetDirectoryName(int4)!, int4, 4 << 20, 4 << 20),
            new("too new", Path.GetDirectoryName(int4)!, int4, 4 << 20, 4 << 20) { MinimumOrt = new(1, 30, 0) },
        ];
        var text = new LabText([.. Enumerable.Range(40, 25)], 12, "numbers");

        var report = await new LabRun(tools, [LabProcessors.Native, LabProcessor.WithRuntime(Oldest)], text, TimeProvider.System)
            .RunAsync(models, null, Cancelled);

        var row = Assert.Single(report.Rows, row => row is { Variant: "int4", Processor: $"onnxruntime-{Oldest}" });
        Assert.True(row.Verdict.Passed, row.Verdict.Reason);
        Assert.Equal(24, row.Trial!.Prompt.Positions);
        Assert.InRange(row.FromMachine!.Prompt.Kl!.Value, 0, 1e-3);
        Assert.Equal("not-tried", report.Rows.Single(row => row is { Variant: "too new", Emulated: false, Smoke: null }).Verdict.Code);
    }

    [Fact]
    public async Task Run_ModelThatAnOlderRuntimeRefuses_SaysSo()
    {
        using var folder = new Folder();
        var tools = Tools(folder);
        // It may be newer than that runtime knows, and this one's does not.
        var upload = Models.Decoder("newer", "1", 831).Files["model.onnx"];
        var model = SlmOps.Tests.Onnx.ModelProto.Parser.ParseFrom(upload).Change(proto => proto.OpsetImport[0].Version = 25);
        await File.WriteAllBytesAsync(folder.Of("model.onnx"), model.Bytes(), Cancelled);

        var report = await new LabRun(
            tools, [LabProcessors.Native, LabProcessor.WithRuntime(Oldest)], new([3, 4, 5, 6, 7], 4, "numbers"), TimeProvider.System)
            .RunAsync([new("newer", folder.Path, folder.Of("model.onnx"), 1 << 16, 1 << 14)], null, Cancelled);

        Assert.Equal(["passed", "does-not-load"], report.Rows.Select(row => row.Verdict.Code));
    }

    /// <summary>The tests of the quantizer install that version.</summary>
    private static LabTools Tools(Folder folder)
    {
        var installed = Path.Combine(Installation.Root(), "tests", "SlmOps.Quantizer.Tests", "Outside");
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(installed, "node_modules")),
            $"There is no ONNX Runtime {Oldest} in {installed}; build the solution.");
        Directory.CreateDirectory(folder.Of("runtimes"));
        Directory.CreateSymbolicLink(folder.Of($"runtimes/{Oldest}"), installed);
        return LabAgents.Tools() with { Runtimes = folder.Of("runtimes") };
    }
}
