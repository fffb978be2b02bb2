using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>Which variant was chosen and why, and why not each of the others that does not fit.</summary>
internal sealed record VariantDecision(VariantOffer? Chosen, string Reason, IReadOnlyList<VariantRefusal> Refused);
