using System.CommandLine;
using SlmOps.Contracts;
using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Verification;

namespace SlmOps.Cli.Packages;

/// <summary><c>slmops verify folder|url</c>.</summary>
internal static class VerifyCommand
{
    private const int MostShown = 20;

    internal static Command Build()
    {
        var place = new Argument<string>("layout") { Description = "Folder or http(s) address of an OCI image-layout" };
        var key = ReleaseKey.TrustOption();
        var strict = new Option<bool>("--strict") { Description = "Refuse a layout that also holds what no signature vouches for" };
        var json = new Option<bool>("--json")
        {
            Description =
                "Print {accepted, releases:[{model, version, digest, accepted, checks}], layout:[checks], beside:[{name, reason}]} "
                + "as JSON on standard output",
        };
        var command = new Command(
            "verify",
            "Check every release of a layout: signature, index, manifests, every file and attestation, and the names, referrers and "
            + "deltas that belong to it. What else lies there is listed. Exit code 1 when a check fails.")
        {
            place, key, strict, json,
        };
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            var trusted = ReleaseKey.Trusted(parsed.GetValue(key));
            using var http = new HttpClient();
            var layout = await Layouts.OpenAsync(parsed.GetValue(place)!, http, cancellationToken);
            var verdict = await LayoutVerifier.VerifyAsync(layout.Files, layout.Blobs, trusted, cancellationToken);
            Show(terminal, verdict, layout.Files.Others is not null);
            var accepted = verdict.IsAccepted && (!parsed.GetValue(strict) || verdict.Beside.Count == 0);
            terminal.Result(new
            {
                Accepted = accepted,
                Releases = verdict.Releases.Select(one => new VerifiedRelease(
                    one.Release.Model, one.Release.Version, one.Release.Digest, one.Verdict.IsAccepted, one.Verdict.Checks)),
                Layout = verdict.Checks,
                verdict.Beside,
            });
            return accepted ? ExitCode.Done : ExitCode.Failed;
        }));
        return command;
    }

    private static void Show(Terminal terminal, LayoutVerdict verdict, bool listed)
    {
        foreach (var (release, one) in verdict.Releases)
        {
            terminal.Say($"{release.Model} {release.Version}  {release.Digest}");
            Show(terminal, one.Checks);
        }

        terminal.Say("layout");
        Show(terminal, verdict.Checks);
        foreach (var beside in verdict.Beside.Take(MostShown))
        {
            terminal.Say($"  --   {beside.Name}: {beside.Reason}");
        }

        if (verdict.Beside.Count > MostShown)
        {
            terminal.Say($"  --   and {verdict.Beside.Count - MostShown} more; --json lists all");
        }

        if (!listed)
        {
            terminal.Say("  What else the server holds, beside what its index.json names, was not looked at.");
        }

        // A layout without a release proves nothing.
        terminal.Say(
            verdict.Releases.Count == 0 ? "The layout names no release."
            : !verdict.IsAccepted ? "Refused."
            : verdict.Beside.Count == 0 ? "Everything holds."
            : $"The releases hold. Nobody vouches for {verdict.Beside.Count} things beside them (--).");
    }

    private static void Show(Terminal terminal, IReadOnlyList<Check> checks)
    {
        foreach (var check in checks)
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
internal sealed record VerifiedRelease(ModelName Model, ModelVersion Version, Digest Digest, bool Accepted, IReadOnlyList<Check> Checks);
