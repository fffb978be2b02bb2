namespace SlmOps.EdgeAgent.Disk;

/// <summary>What a failure of the disk is called in reports.</summary>
internal static class DiskFaults
{
    // ENOSPC and EDQUOT of Linux, ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL of Windows.
    private static readonly int[] Full = [28, 122, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    internal static string CodeOf(Exception fault) => Full.Contains(fault.HResult) ? "disk-full" : "disk";
}
