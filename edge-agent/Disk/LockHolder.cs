using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Disk;

/// <summary>Who holds a data folder.</summary>
internal sealed record LockHolder(int ProcessId, DeviceId DeviceId, DateTimeOffset Since);
