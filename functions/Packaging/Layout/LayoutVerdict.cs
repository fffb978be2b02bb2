using SlmOps.Contracts;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Layout;

/// <summary>What is known of a layout after it was looked at.</summary>
/// <param name="Releases">Each release that it names, and whether it verifies.</param>
/// <param name="Checks">The layout's own file, and the names, referrers and deltas that belong to those releases.</param>
/// <param name="Beside">What lies there and no signature vouches for.</param>
public sealed record LayoutVerdict(
    IReadOnlyList<(ReleaseRef Release, Verdict Verdict)> Releases, IReadOnlyList<Check> Checks, IReadOnlyList<Unvouched> Beside)
{
    /// <summary>True when there is a release and everything that was checked holds. What lies beside it was not.</summary>
    public bool IsAccepted => Releases.Count > 0
        && Releases.All(release => release.Verdict.IsAccepted)
        && Checks.All(check => check.Outcome == CheckOutcome.Passed);
}

/// <summary>Something in a layout that no signature vouches for.</summary>
/// <param name="Name">Its name or path, fit to be shown.</param>
/// <param name="Reason">What it is.</param>
public sealed record Unvouched(string Name, string Reason);
