namespace SlmOps.Contracts.Operator;

/// <summary>What became of a command.</summary>
/// <param name="Done">False when it was refused.</param>
/// <param name="Message">What happened, or why not, in one sentence.</param>
public sealed record OperatorResult(bool Done, string Message);
