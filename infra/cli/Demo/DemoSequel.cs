using System.Diagnostics;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using SlmOps.Cli.Push;
using SlmOps.Cli.Watch;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.ByHand;

namespace SlmOps.Cli.Demo;

/// <summary>What the demo goes on with where an emulated device takes part: a second release, by delta, and the way back.</summary>
internal sealed class DemoSequel(Terminal terminal, OperatorClient client, Stopwatch clock, Task health)
{
    private const string Version = "1.1.0";

    // One small weight stays as it is: most of a quantized variant is the same bytes as before.
    private const string Kept = "/layers.0/v_proj/MatMul";

    /// <summary>Why it went otherwise than it should; null when all devices took the release and came back.</summary>
    internal async Task<string?> RunAsync(Connection connection, RunStatus before, string folder, CancellationToken cancellationToken)
    {
        var plan = PushFiles.Of(Copy(Installation.Sample(), folder), null, null);
        terminal.Say($"{clock.Elapsed.TotalSeconds,7:0.0} s  demo       a second release, {Version}, with one weight less quantized");
        await new Uploader(new BlobServiceClient(connection.StorageConnectionString), terminal, TimeProvider.System)
            .RunAsync(plan, cancellationToken);
        var watcher = new RunWatcher(client, terminal, TimeProvider.System);
        var released = await watcher.FollowAsync(plan.Model, plan.Version!.Value, clock, health, cancellationToken);
        if (DemoOutcome.Fault(released, before.Devices.Count) is { } fault)
        {
            return fault;
        }

        terminal.Say($"{clock.Elapsed.TotalSeconds,7:0.0} s  demo       an operator's word: slmops rollout rollback {plan.Model}");
        var said = await client.CommandAsync(ChannelName.Of(plan.Model), "rollback", "the demo shows the way back", cancellationToken);
        if (!said.Done)
        {
            return said.Message;
        }

        var back = await watcher.FollowAsync(
            plan.Model, plan.Version.Value, released, status => status.State == RunState.RolledBack, clock, health, cancellationToken);
        RunTables.Show(terminal, back);
        var active = before.Devices.ToDictionary(device => device.Id, device => device.Active);
        return back.Devices.FirstOrDefault(device => active.GetValueOrDefault(device.Id) != device.Active) is { } lost
            ? $"{lost.Id} runs {lost.Active}, which is not what it ran before."
            : null;
    }

    /// <summary>The sample as its owner would change it.</summary>
    private static string Copy(string sample, string folder)
    {
        var copy = Directory.CreateDirectory(Path.Combine(folder, "second")).FullName;
        foreach (var file in Directory.EnumerateFiles(sample))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        var path = Path.Combine(copy, UploadFolder.ManifestFile);
        var manifest = (JsonObject)JsonNode.Parse(File.ReadAllText(path))!;
        manifest["version"] = Version;
        foreach (var variant in manifest["variants"]!.AsArray().Where(one => one!["recipe"]!.GetValue<string>() != "original"))
        {
            variant!["keepFloat"] = new JsonArray(Kept);
        }

        File.WriteAllText(path, manifest.ToJsonString());
        return copy;
    }
}
