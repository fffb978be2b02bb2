using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Device;

/// <summary>Who speaks in every report.</summary>
internal sealed record DeviceIdentity(string DeviceId, string Channel, DeviceInventory Inventory);
