using System.Text.Json.Nodes;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Lab;

[Collection(StageCollection.Name)]
public sealed class LabStageTests(StageStorage storage)
{
    internal static string Agent => Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "SlmOps.EdgeAgent", new DirectoryInfo(AppContext.BaseDirectory).Name, "slmops-agent"));

    /// <summary>A lab with this machine's agent and no others, so that nothing is emulated wherever the test runs.</summary>
    private (string, string)[] Settings =>
    [
        ("SlmOps:LabScripts", Path.Combine(RepositoryRoot.Path, "infra", "lab")),
        ("SlmOps:LabAgents", Path.Combine(storage.Folder.Root, "no-agents")),
        ("SlmOps:LabAgent", Agent),
    ];

    [Fact]
    public async Task Run_NobodyAskedForIt_IsPassedOver()
    {
        await using var bench = await StageBench.StartAsync(storage);
        await bench.ArriveAsync("validate", Models.Mlp("lab-unasked", "1", 81, "int8"));

        await bench.RunAsync("validate");

        Assert.Empty(await bench.WaitingAsync("lab"));
        Assert.Equal(["lab-unasked@1", "lab-unasked@1"], await bench.WaitingAsync("package"));
    }

    [Fact]
    public async Task Run_LanguageModel_IsTriedOnThisMachineAndSaysWhatTheOthersLack()
    {
        await using var bench = await StageBench.StartAsync(storage, settings: Settings);
        var run = await bench.ArriveAsync("lab", Asked(Models.Decoder("lab-native", "1", 82, "int8")));

        await bench.RunAsync("lab");

        var result = await bench.ResultAsync<LabResult>(run, LabResult.Row("int8"));
        Assert.Equal(["native", "cortex-a72"], result.Outcomes.Select(one => one.Processor));
        var (native, arm) = (result.Outcomes[0], result.Outcomes[1]);
        Assert.True(native.Passed, native.Reason);
        Assert.NotNull(native.KlToOriginal);
        Assert.Equal(("not-tried", ProcessorClass.Arm64), (arm.Code, arm.ProcessorClass));
        Assert.Matches("infra/lab/(install|agents)\\.sh", arm.Reason);
        Assert.Equal(16, result.Positions);
        Assert.Equal(["lab-native@1", "lab-native@1"], await bench.WaitingAsync("package"));
    }

    [Fact]
    public async Task Run_OtherModel_IsComparedByItsOutputs()
    {
        await using var bench = await StageBench.StartAsync(storage, settings: Settings);
        var run = await bench.ArriveAsync("lab", Asked(Models.Mlp("lab-outputs", "1", 83, "int8")));

        await bench.RunAsync("lab");

        var native = (await bench.ResultAsync<LabResult>(run, LabResult.Row("int8"))).Outcomes[0];
        Assert.True(native.Passed, native.Reason);
        Assert.NotNull(native.Bits);
    }

    [Theory]
    [InlineData("advisory")]
    [InlineData("required")]
    public async Task Run_ProcessorThatCannotBeTried_HoldsUpWhereItIsRequired(string mode)
    {
        await using var bench = await StageBench.StartAsync(storage, settings: Settings);
        var run = await bench.ArriveAsync("package", Asked(Models.Mlp($"lab-{mode}", "1", 84, "int8"), mode));

        await bench.RunAsync("package");

        var packaged = await bench.ResultAsync<PackageResult>(run, PackageResult.Row);
        if (mode == "advisory")
        {
            Assert.Equal(2, packaged.Variants.Count);
            return;
        }

        Assert.Empty(packaged.Variants);
        var problems = bench.Sent<ModelRejected>(EventTypes.ModelRejected).Problems;
        Assert.Equal(2, problems.Count);
        Assert.All(problems, problem =>
        {
            Assert.Contains("requires did not try it on cortex-a72: there is no", problem.Message, StringComparison.Ordinal);
            Assert.Contains("infra/lab/", problem.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Run_ServiceWithoutALab_SaysHowItGetsOne()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("lab", Asked(Models.Mlp("lab-none", "1", 85, "int8")));

        await bench.RunAsync("lab");

        Assert.All(
            (await bench.ResultAsync<LabResult>(run, LabResult.Row("int8"))).Outcomes,
            one => Assert.Contains("SlmOps:LabScripts", one.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_RefusedByValidation_IsNotTried()
    {
        await using var bench = await StageBench.StartAsync(storage, settings: Settings);
        var run = await bench.ArriveAsync("lab", Asked(Models.Mlp("lab-refused", "1", 86, "int4"))
            .WithManifest(manifest => manifest["acceptance"] = new JsonObject { ["minSqnrDb"] = 100 }));

        await bench.RunAsync("lab");

        Assert.Empty((await bench.ResultAsync<LabResult>(run, LabResult.Row("int4"))).Outcomes);
        Assert.NotEmpty((await bench.ResultAsync<LabResult>(run, LabResult.Row("fp32"))).Outcomes);
    }

    [Fact]
    public async Task Run_HostDiedOverIt_GoesOnWithoutAWord()
    {
        await using var bench = await StageBench.StartAsync(storage, settings: [.. Settings, ("SlmOps:MaxHostDeaths", "1")]);
        var run = await bench.ArriveAsync("lab", Asked(Models.Mlp("lab-given-up", "1", 87, "int8")));
        var messages = await bench.TakeAsync("lab");
        await bench.Runs.PutAsync(
            run, StageAttempt.Row("lab", "int8"), new StageAttempt(1, DateTimeOffset.UnixEpoch), TestContext.Current.CancellationToken);

        await bench.RunAsync("lab", messages.Single(message => message.Contains("int8", StringComparison.Ordinal)));

        Assert.All((await bench.ResultAsync<LabResult>(run, LabResult.Row("int8"))).Outcomes, one => Assert.False(one.Tried));
        Assert.Single(await bench.WaitingAsync("package"));
    }

    private static Upload Asked(Upload upload, string mode = "advisory") => upload.WithManifest(manifest => manifest["lab"] = new JsonObject
    {
        ["processors"] = new JsonArray("cortex-a72"),
        ["tokens"] = 16,
        ["mode"] = mode,
    });
}
