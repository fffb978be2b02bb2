namespace SlmOps.Pipeline.Channels;

/// <summary>What became of an operator's command.</summary>
internal sealed record OperatorResult(bool Done, string Message);
