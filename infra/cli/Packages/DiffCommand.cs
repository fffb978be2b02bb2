using System.CommandLine;
using SlmOps.Cli.Watch;
using SlmOps.Contracts;
using SlmOps.Packaging;

namespace SlmOps.Cli.Packages;

/// <summary><c>slmops diff old new</c>: what a device would fetch.</summary>
internal static class DiffCommand
{
    internal static Command Build()
    {
        var old = new Argument<string>("old") { Description = "Layout that a device has" };
        var wanted = new Argument<string>("new") { Description = "Layout that it would get" };
        var json = new Option<bool>("--json") { Description = "Print {variants:[{name, bytes, fetch, files}]} as JSON on standard output" };
        var command = new Command("diff", "Say which bytes a device with one release would fetch to get another, by file, variant by variant.") { old, wanted, json };
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            using var http = new HttpClient();
            var before = await ManifestsAsync(parsed.GetValue(old)!, http, cancellationToken).ConfigureAwait(false);
            var after = await ManifestsAsync(parsed.GetValue(wanted)!, http, cancellationToken).ConfigureAwait(false);
            var variants = after.Select(variant => Compare(variant, before.GetValueOrDefault(variant.Key))).ToList();
            foreach (var variant in variants)
            {
                Show(terminal, variant);
            }

            terminal.Result(new { Variants = variants });
            return ExitCode.Done;
        }));
        return command;
    }

    private static async Task<Dictionary<string, VariantManifest>> ManifestsAsync(string place, HttpClient http, CancellationToken cancellationToken)
    {
        var layout = await Layouts.OpenAsync(place, http, cancellationToken).ConfigureAwait(false);
        if (layout.Releases.Count != 1)
        {
            throw new CliException($"{place} holds {layout.Releases.Count} releases; name a layout with one.", ExitCode.Usage);
        }

        var contents = await ReleaseContents.ReadAsync(layout.Releases[0], layout.Blobs, cancellationToken).ConfigureAwait(false);
        return contents.Manifests.ToDictionary(manifest => manifest.Variant);
    }

    private static VariantDifference Compare(KeyValuePair<string, VariantManifest> variant, VariantManifest? before)
    {
        var held = before?.Files.Select(file => file.Digest).ToHashSet() ?? [];
        var plan = FetchPlan.Make(variant.Value, held, delta: null);
        return new(
            variant.Key, variant.Value.Bytes, plan.Bytes,
            [.. plan.Steps.Select(step => new FileDifference(step.Path, step.Target.Digest, step.Target.Size, step.Way.ToString().ToLowerInvariant(), step.Bytes))]);
    }

    private static void Show(Terminal terminal, VariantDifference variant)
    {
        terminal.Say($"{variant.Name}: {StatusChanges.Bytes(variant.Fetch)} of {StatusChanges.Bytes(variant.Bytes)}");
        foreach (var file in variant.Files)
        {
            terminal.Say($"  {file.Way,-6} {StatusChanges.Bytes(file.Fetch),10}  {file.Path}");
        }
    }
}

/// <summary>One variant: its bytes and how many of them a device would fetch.</summary>
internal sealed record VariantDifference(string Name, long Bytes, long Fetch, IReadOnlyList<FileDifference> Files);

/// <summary>One file: held already, or fetched whole.</summary>
internal sealed record FileDifference(string Path, Digest Digest, long Bytes, string Way, long Fetch);
