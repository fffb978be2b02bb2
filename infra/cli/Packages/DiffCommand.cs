using System.CommandLine;
using SlmOps.Cli.Watch;
using SlmOps.Contracts;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;

namespace SlmOps.Cli.Packages;

/// <summary><c>slmops diff old new</c>: what a device would fetch.</summary>
internal static class DiffCommand
{
    internal static Command Build()
    {
        var old = new Argument<string>("old") { Description = "Layout that a device has" };
        var wanted = new Argument<string>("new") { Description = "Layout that it would get" };
        var deltas = new Option<bool>("--deltas") { Description = "Make deltas in a temporary folder where the new layout holds none" };
        var json = new Option<bool>("--json")
        {
            Description = "Print {variants:[{name, bytes, fetch, files, whole}]} as JSON on standard "
            + "output"
        };
        var command = new Command("diff", "Say which bytes a device with one release would fetch to get another, by file, variant by "
            + "variant.") { old, wanted, deltas, json };
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            using var http = new HttpClient();
            var before = await OpenAsync(parsed.GetValue(old)!, http, cancellationToken);
            var after = await OpenAsync(parsed.GetValue(wanted)!, http, cancellationToken);
            var folder = Directory.CreateTempSubdirectory("slmops-diff-").FullName;
            try
            {
                var job = new DeltaJob(before.Layout, after.Layout, folder);
                var variants = new List<VariantDifference>();
                foreach (var variant in after.Index.Variants)
                {
                    var basis = before.Index.Variants.FirstOrDefault(one => one.Name == variant.Name);
                    var difference = await CompareAsync(job, basis, variant, after.Layout, parsed.GetValue(deltas), cancellationToken);
                    Show(terminal, difference);
                    variants.Add(difference);
                }

                terminal.Result(new { Variants = variants });
                return ExitCode.Done;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }));
        return command;
    }

    private static async Task<(Layouts Layout, ReleaseIndex Index)> OpenAsync(
        string place,
        HttpClient http,
        CancellationToken cancellationToken)
    {
        var layout = await Layouts.OpenAsync(place, http, cancellationToken);
        return (layout, await layout.OnlyAsync(place, cancellationToken));
    }

    private static async Task<VariantDifference> CompareAsync(
        DeltaJob job, VariantOffer? basis, VariantOffer variant, Layouts after, bool make, CancellationToken cancellationToken)
    {
        var wanted = await job.ManifestAsync(variant.Manifest, cancellationToken);
        if (basis is null)
        {
            return Difference(FetchPlan.Make(wanted, new HashSet<Digest>(), null), null);
        }

        var held = (await job.ManifestAsync(basis.Manifest, cancellationToken))
            .Files.Select(file => file.Digest)
            .ToHashSet();
        var offer = after.Deltas.FirstOrDefault(delta => delta.From == basis.Manifest && delta.To == variant.Manifest);
        offer ??= make ? await job.MakeAsync(basis.Manifest, variant.Manifest, cancellationToken) : null;
        var whole = FetchPlan.Make(wanted, held, null);
        return offer is null
            ? Difference(whole, null)
            : Difference(
                FetchPlan.Make(wanted, held, DeltaManifest.Read(
                    await job.ReadAsync(offer.Delta.Digest, Limits.ManifestBytes, cancellationToken))),
                whole.Bytes);

        VariantDifference Difference(FetchPlan plan, long? withoutDelta) =>
            new(
                variant.Name,
                wanted.Bytes,
                plan.Bytes,
                [
                    .. plan.Steps.Select(step => new FileDifference(
                        step.Path,
                        step.Target.Digest,
                        step.Target.Size,
                        step.Way.ToString().ToLowerInvariant(),
                        step.Bytes)),
                ],
                withoutDelta);
    }

    private static void Show(Terminal terminal, VariantDifference variant)
    {
        var without = variant.Whole is { } whole ? $", {StatusChanges.Bytes(whole)} without the delta" : "";
        terminal.Say($"{variant.Name}: {StatusChanges.Bytes(variant.Fetch)} of {StatusChanges.Bytes(variant.Bytes)}{without}");
        foreach (var file in variant.Files)
        {
            terminal.Say($"  {file.Way,-6} {StatusChanges.Bytes(file.Fetch),10}  {file.Path}");
        }
    }
}

/// <summary>One variant: its bytes, how many of them a device would fetch, and how many without the delta if there is one.</summary>
internal sealed record VariantDifference(string Name, long Bytes, long Fetch, IReadOnlyList<FileDifference> Files, long? Whole);

/// <summary>One file: held already, made by a delta, or fetched whole.</summary>
internal sealed record FileDifference(string Path, Digest Digest, long Bytes, string Way, long Fetch);
