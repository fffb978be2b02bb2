using System.CommandLine;
using SlmOps.Cli.Models;
using SlmOps.Cli.Push;
using SlmOps.Cli.Watch;
using SlmOps.Packaging.Layout;
using SlmOps.Pipeline.ByHand;

namespace SlmOps.Cli.Packages;

/// <summary><c>slmops package folder --out layout</c>.</summary>
internal static class PackageCommand
{
    internal static Command Build()
    {
        var folder = new Argument<string>("folder") { Description = "A model folder as `push` takes it" };
        var output = new Option<string>("--out")
        {
            Description = "Folder of the OCI image-layout; other releases in it stay",
            HelpName = "FOLDER",
            Required = true,
        };
        var name = new Option<string?>("--name")
        {
            Description = "Model name (default: slmops.json, else the folder's name)",
            HelpName = "NAME",
        };
        var version = new Option<string?>("--version") { Description = "Version (default: slmops.json, else 1.0.0)", HelpName = "VERSION" };
        var basis = new Option<string?>("--delta-from")
        {
            Description = "Layout with one earlier release: also write deltas from its variants of the same names",
            HelpName = "LAYOUT",
        };
        var key = ReleaseKey.SigningOption();
        var json = new Option<bool>("--json")
        {
            Description = "Print {model, version, indexDigest, signatureDigest, variants, bytes} as "
            + "JSON on standard output"
        };
        var command = new Command("package", "Quantize a model folder per its slmops.json and write the signed release as an OCI "
            + "image-layout. Nothing is measured: the same folder gives the same index digest everywhere. SOURCE_DATE_EPOCH sets its "
            + "creation time.")
        {
            folder, output, name, version, basis, key, json,
        };
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            var source = parsed.GetValue(folder)!;
            if (!Directory.Exists(source))
            {
                throw new CliException($"There is no folder '{source}'.", ExitCode.Usage);
            }

            using var signing = ReleaseKey.Signing(parsed.GetValue(key));
            var target = Path.GetFullPath(parsed.GetValue(output)!);
            var named = PushFiles.Of(source, parsed.GetValue(name), parsed.GetValue(version));
            var outcome = await new FolderPackager(Path.GetFullPath(source), target, signing, terminal.Say)
                .RunAsync(named.Model, named.Version!.Value, FolderFiles.Of(source), cancellationToken);
            foreach (var variant in outcome.Variants)
            {
                terminal.Say($"{variant.Name,-12} {StatusChanges.Bytes(variant.Bytes),10}  {variant.Manifest}");
            }

            if (parsed.GetValue(basis) is { } earlier)
            {
                await AddDeltasAsync(terminal, earlier, outcome, target, cancellationToken);
            }

            terminal.Say(
                $"{outcome.Model} {outcome.Version}: index {outcome.IndexDigest}, {StatusChanges.Bytes(outcome.Bytes)} in {target}, key "
                    + $"{signing.KeyId[..16]}"
            );
            terminal.Result(outcome);
            return ExitCode.Done;
        }));
        return command;
    }

    private static async Task AddDeltasAsync(
        Terminal terminal,
        string earlier,
        PackageOutcome outcome,
        string target,
        CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var old = await Layouts.OpenAsync(earlier, http, cancellationToken);
        var held = (await old.OnlyAsync(earlier, cancellationToken)).Variants.ToDictionary(variant => variant.Name);
        var made = await Layouts.OpenAsync(target, http, cancellationToken);
        var folder = Directory.CreateTempSubdirectory("slmops-delta-").FullName;
        try
        {
            var job = new DeltaJob(old, made, folder);
            foreach (var variant in outcome.Variants.Where(variant => held.ContainsKey(variant.Name)))
            {
                if (
                    await job.MakeAsync(held[variant.Name].Manifest, variant.Manifest, cancellationToken) is { } delta
                )
                {
                    await LayoutWriter.AddDeltaAsync(delta, job, target, cancellationToken);
                    terminal.Say($"{variant.Name,-12} delta from {held[variant.Name].Manifest}");
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
