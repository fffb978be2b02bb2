namespace SlmOps.Packaging.Verification;

/// <summary>How a check ended.</summary>
public enum CheckOutcome
{
    /// <summary>It holds.</summary>
    Passed,

    /// <summary>It does not hold.</summary>
    Failed,

    /// <summary>It was not made, because an earlier one failed.</summary>
    Skipped,
}

/// <summary>One check of a verification.</summary>
/// <param name="Name">What was checked, in kebab case, such as <c>index-digest</c>; the reason code when it failed.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Reason">Why, in one sentence, with the values compared.</param>
public sealed record Check(string Name, CheckOutcome Outcome, string Reason);

/// <summary>All checks of a verification, in the order they were made.</summary>
/// <param name="Checks">The checks.</param>
public sealed record Verdict(IReadOnlyList<Check> Checks)
{
    /// <summary>True when every check passed.</summary>
    public bool IsAccepted => Checks.Count > 0 && Checks.All(check => check.Outcome == CheckOutcome.Passed);

    /// <summary>The check that failed, or null.</summary>
    public Check? Refusal => Checks.FirstOrDefault(check => check.Outcome == CheckOutcome.Failed);
}
