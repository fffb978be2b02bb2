using System.Text.RegularExpressions;
using SlmOps.Cli.Agent;
using SlmOps.Cli.Demo;
using SlmOps.Cli.Lab;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Processors;

namespace SlmOps.EndToEnd.Tests;

/// <summary>A device of another architecture beside one of this machine's: the agent that was built for arm64, emulated.</summary>
public sealed partial class ForeignDeviceTests(SharedPlatform shared)
{
    private const string Model = "crossed";
    private const string Native = "crossed-native";
    private const string Arm = "crossed-arm";
    private static readonly DeviceState[] Way =
    [
        DeviceState.Downloaded, DeviceState.Verified, DeviceState.Staged, DeviceState.SmokeTesting, DeviceState.Soaking,
        DeviceState.Committed, DeviceState.FailedRollbackComplete,
    ];

    private readonly Platform _platform = shared.Platform;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rollout_EmulatedArmBesideANativeDevice_TakesTheDeltaCommitsAndGoesBack()
    {
        var (tools, processor) = (LabAgents.Tools(), LabProcessors.Find("cortex-a72")!);
        Emulation.Require(tools, processor);
        using var folder = new Folder();
        await using var fleet = new DemoFleet();
        // The first ring is its alone: nobody gets a release that it did not commit.
        var arm = Profile(Arm, "lab") with { Foreign = LabAgents.Device(tools, processor) };
        fleet.Start(_platform.Connection, Model, [Profile(Native, "field"), arm], folder.Path);
        var enrolled = await DevicesAsync("both devices", devices => devices.Count(device => device.Inventory is not null) == 2);

        Assert.Equal(("arm64", "arm64"), Hardware(enrolled, Arm));
        Assert.NotEqual("arm64", Hardware(enrolled, Native).Class);

        var first = await RolledOutAsync(Release("1", changed: false));
        var second = await RolledOutAsync(Release("2", changed: true));
        Assert.All(second.Devices, device => Assert.True(
            device.BytesFetched < device.BytesWhole / 2, $"{device.Id} fetched {device.BytesFetched} of {device.BytesWhole} bytes."));

        var back = await _platform.Client.CommandAsync(Model, "rollback", "as a trial", Cancelled);
        Assert.True(back.Done, back.Message);
        await DevicesAsync("both devices to run the first release again", devices => devices.All(device =>
            device.State == DeviceState.FailedRollbackComplete && first.Variants.Any(variant => variant.Digest == device.Active)));

        var log = await LogAsync(Path.Combine(folder.Path, $"{Arm}.log"));
        Assert.DoesNotContain("is left", log, StringComparison.Ordinal);
        Assert.Equal(Way, Entered(log, "2").Where(Way.Contains));
    }

    /// <summary>A language model, so that prompts and single tokens are computed there; changed, its cache has other weights.</summary>
    private static Upload Release(string version, bool changed)
    {
        const int Seed = 811;
        var upload = Models.Decoder(Model, version, Seed, "int8").WithManifest(manifest =>
        {
            manifest["rollout"]!["soakSeconds"] = 1;
            // Emulated, on a machine that does other things too.
            manifest["rollout"]!["deadlineSeconds"] = 240;
        });
        var other = OnnxModels.Decoder(Seed + 1).Graph.Initializer.Single(tensor => tensor.Name == "key").RawData;
        return changed
            ? upload.With(
                "model.onnx",
                OnnxModels.Decoder(Seed)
                    .Change(model => model.Graph.Initializer.Single(tensor => tensor.Name == "key").RawData = other).Bytes())
            : upload;
    }

    private async Task<RunStatus> RolledOutAsync(Upload upload)
    {
        await _platform.UploadAsync(upload);
        var status = await _platform.UntilAsync(upload, RunState.Finished);
        Assert.All(status.Devices, device => Assert.Equal(
            (DeviceState.Committed, true, true),
            (device.State, device.Verified, status.Variants.Any(variant => variant.Digest == device.Active))));
        return status;
    }

    private Task<IReadOnlyList<DeviceStatus>> DevicesAsync(string what, Predicate<IReadOnlyList<DeviceStatus>> done) => Wait.ForAsync(
        what,
        () => _platform.Client.DevicesAsync(Model, Cancelled),
        done,
        devices => string.Join(", ", devices.Select(device => $"{device.Id} {device.State} {device.Active} {device.Reason}")));

    private static (string? Architecture, string? Class) Hardware(IReadOnlyList<DeviceStatus> devices, string id) =>
        devices.Single(device => device.Id == id).Inventory is { } inventory ? (inventory.Architecture, inventory.ProcessorClass) : default;

    private static AgentProfile Profile(string id, string site) =>
        new(id, "1GiB", "balanced", "1", new Dictionary<string, string> { ["site"] = site });

    private static async Task<string> LogAsync(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return await reader.ReadToEndAsync(Cancelled);
    }

    private static IEnumerable<DeviceState> Entered(string log, string version) => StateEntered().Matches(log)
        .Where(match => match.Groups["version"].Value == version)
        .Select(match => Enum.Parse<DeviceState>(match.Groups["state"].Value));

    /// <summary>Such as <c>crossed 2 int8: Soaking (ring lab, attempt 1)</c>.</summary>
    [GeneratedRegex(@"crossed (?<version>\S+) \S*: (?<state>\w+) \(ring ")]
    private static partial Regex StateEntered();
}
