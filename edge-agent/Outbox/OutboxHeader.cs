namespace SlmOps.EdgeAgent.Outbox;

/// <summary>First line of the outbox: everything up to this number is with the service, or was given up.</summary>
internal sealed record OutboxHeader(long Acked);
