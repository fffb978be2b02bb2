namespace SlmOps.Pipeline.Access;

/// <summary>Why somebody is not let in.</summary>
/// <param name="Status">401 where who calls is not shown, 403 where it is and may not.</param>
/// <param name="Code">For machines.</param>
/// <param name="Reason">For people: what, and what to do.</param>
internal sealed record Refusal(int Status, string Code, string Reason);
