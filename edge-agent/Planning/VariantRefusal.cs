namespace SlmOps.EdgeAgent.Planning;

/// <summary>Why a variant is out of the question.</summary>
internal sealed record VariantRefusal(string Variant, string Reason);
