namespace SlmOps.Contracts.Operator;

/// <summary>Why a request was refused: problem details (RFC 9457).</summary>
/// <param name="Title">Kind of fault.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">What, which one and what to do.</param>
/// <param name="Code">The same for machines, where there is a code for it.</param>
public sealed record Fault(string? Title, int? Status, string? Detail, string? Code = null);
