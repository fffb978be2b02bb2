using SlmOps.Contracts;

namespace SlmOps.Pipeline.Fleet;

/// <summary>A device's record after one more report. Pure; a report that is not newer changes nothing.</summary>
internal static class DeviceFold
{
    internal static DeviceRecord Apply(DeviceRecord device, DeviceReport report) => report.Seq <= device.LastSeq
        ? device
        : device with
        {
            Inventory = report.Inventory ?? device.Inventory,
            Composition = report.Composition ?? device.Composition,
            Deployment = report.Deployment ?? device.Deployment,
            DeploymentAt = report.Deployment is null ? device.DeploymentAt : report.Time,
            LastSeq = report.Seq,
        };
}
