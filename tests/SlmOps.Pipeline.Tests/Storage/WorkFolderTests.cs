using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Tests.Storage;

public sealed class WorkFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Sweep_FolderInUse_Stays()
    {
        using var work = new WorkFolder(_folder.Root);
        File.WriteAllText(Path.Combine(work.Folder("model"), "weights"), "12345");

        Assert.Equal((0, 0), WorkFolder.Sweep(_folder.Root));

        Assert.True(File.Exists(Path.Combine(work.Path, "model", "weights")));
    }

    [Fact]
    public void Sweep_ProcessDied_FolderAndLockAreGone()
    {
        // What a process leaves that is killed: the system takes its lock away, nobody its files.
        var left = Directory.CreateDirectory(Path.Combine(_folder.Root, "abcdefgh.xyz", "model"));
        File.WriteAllText(Path.Combine(left.FullName, "weights"), "12345");
        File.WriteAllText(Path.Combine(_folder.Root, "abcdefgh.xyz.lock"), "");

        Assert.Equal((1, 5), WorkFolder.Sweep(_folder.Root));

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Sweep_WhatIsNoWorkFolder_Stays()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Root, "predictions"));
        File.WriteAllText(Path.Combine(_folder.Root, "note.txt"), "");

        Assert.Equal((0, 0), WorkFolder.Sweep(_folder.Root));

        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Root).Length);
    }

    [Fact]
    public void Sweep_LinkInAFoldersPlace_IsNotFollowed()
    {
        var elsewhere = Directory.CreateDirectory(Path.Combine(_folder.Root, "elsewhere"));
        File.WriteAllText(Path.Combine(elsewhere.FullName, "precious"), "");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Root, "abcdefgh.xyz"), elsewhere.FullName);
        File.WriteAllText(Path.Combine(_folder.Root, "abcdefgh.xyz.lock"), "");

        WorkFolder.Sweep(_folder.Root);

        Assert.True(File.Exists(Path.Combine(elsewhere.FullName, "precious")));
    }

    [Fact]
    public void Dispose_Folder_LeavesNothing()
    {
        using (var work = new WorkFolder(_folder.Root))
        {
            work.Folder("model");
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }
}
