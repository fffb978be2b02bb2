using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Telemetry;

/// <summary>Who speaks in every report.</summary>
internal sealed record Identity(string DeviceId, string Channel, DeviceInventory Inventory);
