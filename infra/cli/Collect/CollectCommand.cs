using System.CommandLine;
using SlmOps.Cli.Watch;
using SlmOps.Contracts.Operator;

namespace SlmOps.Cli.Collect;

/// <summary><c>slmops gc</c>: what no release needs any more; deletes it when asked to.</summary>
internal static class CollectCommand
{
    internal static Command Build()
    {
        var delete = new Option<bool>("--delete") { Description = "Delete it; without this nothing changes" };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON on standard output" };
        var connection = new ConnectionOptions();
        var command = new Command(
            "gc", "Show which package blobs no release needs any more and what failed builds left, and delete them when asked to.")
        {
            delete,
            json,
        };
        connection.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            using var client = new OperatorClient(Connection.Find(connection, parsed));
            var report = await client.GarbageAsync(cancellationToken);
            Show(terminal, report);
            if (report.Missing.Count > 0)
            {
                terminal.Result(report);
                return ExitCode.Failed;
            }

            if (parsed.GetValue(delete) && report.Blobs + report.ArtifactBlobs > 0)
            {
                report = await client.CollectAsync(report.Plan, cancellationToken);
                terminal.Say($"Deleted {report.Deleted} blobs.");
            }

            terminal.Result(report);
            return ExitCode.Done;
        }));
        return command;
    }

    private static void Show(Terminal terminal, GarbageReport report)
    {
        terminal.Say($"kept: {report.Kept.Count} releases, {report.KeptBlobs} blobs, {StatusChanges.Bytes(report.KeptBytes)}");
        foreach (var release in report.Dropped)
        {
            terminal.Say($"not served any more: {release}");
        }

        terminal.Say($"too young to judge: {report.YoungBlobs} blobs");
        if (report.Missing.Count > 0)
        {
            terminal.Say($"{report.Missing.Count} blobs that a kept release needs are missing, so nothing may be deleted:");
            report.Missing.Take(10).ToList().ForEach(digest => terminal.Say($"  {digest}"));
            return;
        }

        terminal.Say($"to delete: {report.Blobs} blobs, {StatusChanges.Bytes(report.Bytes)}");
        if (report.ArtifactBlobs > 0)
        {
            terminal.Say($"left by failed builds: {report.ArtifactBlobs} blobs, {StatusChanges.Bytes(report.ArtifactBytes)}");
        }
    }
}
