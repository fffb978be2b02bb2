namespace SlmOps.Contracts;

/// <summary>Which variant of a release a device settled on, and what was against others.</summary>
/// <param name="Release">Index digest of the release.</param>
/// <param name="Variant">The variant's name.</param>
/// <param name="Reason">What speaks for it, at most <see cref="ReportLimits.Refusal"/> characters.</param>
/// <param name="Against">
/// Variants that are out of the question there, at most <see cref="ReportLimits.Refusals"/>; the others would have fitted.
/// </param>
public sealed record DeviceChoice(Digest Release, string Variant, string Reason, IReadOnlyList<VariantAgainst> Against);

/// <summary>What speaks against a variant on a device.</summary>
/// <param name="Variant">The variant's name.</param>
/// <param name="Reason">Why, at most <see cref="ReportLimits.Refusal"/> characters.</param>
public sealed record VariantAgainst(string Variant, string Reason);
