using System.CommandLine;
using SlmOps.Contracts;
using SlmOps.Packaging.Verification;

namespace SlmOps.Cli.Packages;

/// <summary><c>slmops verify folder|url</c>.</summary>
internal static class VerifyCommand
{
    internal static Command Build()
    {
        var place = new Argument<string>("layout") { Description = "Folder or http(s) address of an OCI image-layout" };
        var key = ReleaseKey.TrustOption();
        var json = new Option<bool>("--json")
        {
            Description = "Print {accepted, releases:[{model, version, digest, accepted, checks}]} "
            + "as JSON on standard output"
        };
        var command = new Command("verify", "Check every release of a layout: signature, index, manifests, every file and attestation. "
            + "Exit code 1 when a check fails.") { place, key, json };
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            var trusted = ReleaseKey.Trusted(parsed.GetValue(key));
            using var http = new HttpClient();
            var layout = await Layouts.OpenAsync(parsed.GetValue(place)!, http, cancellationToken);
            var results = new List<VerifiedRelease>();
            foreach (var release in layout.Releases)
            {
                var verdict = await PackageVerifier.VerifyAsync(release, layout.Blobs, trusted, cancellationToken);
                Show(terminal, release, verdict);
                results.Add(new(release.Model, release.Version, release.Digest, verdict.IsAccepted, verdict.Checks));
            }

            // A layout without a release proves nothing.
            var accepted = results.Count > 0 && results.TrueForAll(result => result.Accepted);
            terminal.Say(accepted ? "Everything holds." : results.Count == 0 ? "The layout names no release." : "Refused.");
            terminal.Result(new { Accepted = accepted, Releases = results });
            return accepted ? ExitCode.Done : ExitCode.Failed;
        }));
        return command;
    }

    private static void Show(Terminal terminal, ReleaseRef release, Verdict verdict)
    {
        terminal.Say($"{release.Model} {release.Version}  {release.Digest}");
        foreach (var check in verdict.Checks)
        {
            var line =
                $"  {(check.Outcome == CheckOutcome.Passed ? "ok  " : check.Outcome == CheckOutcome.Failed ? "FAIL" : "skip")} "
                    + $"{check.Name}: {check.Reason}";
            if (check.Outcome == CheckOutcome.Failed)
            {
                terminal.Fail(line);
            }
            else
            {
                terminal.Say(line);
            }
        }
    }
}

/// <summary>One release as <c>verify --json</c> prints it.</summary>
internal sealed record VerifiedRelease(string Model, string Version, Digest Digest, bool Accepted, IReadOnlyList<Check> Checks);
