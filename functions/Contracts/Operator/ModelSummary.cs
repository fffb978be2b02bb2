namespace SlmOps.Contracts.Operator;

/// <summary>One run in the list of all.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="ReceivedAt">When intake accepted it.</param>
public sealed record ModelSummary(ModelName Model, ModelVersion Version, DateTimeOffset ReceivedAt);
