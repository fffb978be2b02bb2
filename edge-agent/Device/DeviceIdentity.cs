using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Device;

/// <summary>Who speaks in every report.</summary>
/// <param name="DeviceId">Device id.</param>
/// <param name="Channel">The channel it follows.</param>
/// <param name="Inventory">What it is.</param>
/// <param name="Instance">Which life of it: the id of its data folder.</param>
internal sealed record DeviceIdentity(DeviceId DeviceId, ChannelName Channel, DeviceInventory Inventory, string Instance);
