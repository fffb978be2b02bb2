using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Device;

/// <summary>Who speaks in every report.</summary>
internal sealed record DeviceIdentity(DeviceId DeviceId, ChannelName Channel, DeviceInventory Inventory);
