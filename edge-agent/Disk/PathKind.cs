namespace SlmOps.EdgeAgent.Disk;

/// <summary>What stands at a path.</summary>
internal enum PathKind
{
    Missing,
    File,
    Folder,

    /// <summary>A symbolic link, wherever it leads.</summary>
    Link,
}
