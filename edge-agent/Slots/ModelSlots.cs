using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging;

namespace SlmOps.EdgeAgent.Slots;

/// <summary>The two folders that hold complete models. Large files are second names of the store's blobs where that works.</summary>
internal sealed class ModelSlots(DataFolder folder, ContentStore store, ComposedFiles composed)
{
    // Small files are copied: then a worn disk that changes bytes never takes them from store and slot, or from both
    // slots, at once. Weights are too large to lie on the disk twice.
    internal const long OwnCopyBytes = 1 << 20;

    internal string FolderOf(Slot slot) => folder.SlotFolder(slot);

    /// <summary>Empties a slot.</summary>
    internal void Clear(Slot slot)
    {
        DiskPath.Remove(FolderOf(slot));
        DiskPath.Remove(FolderOf(slot) + ".new");
    }

    /// <summary>Fills a slot from the store; it appears whole or not at all.</summary>
    internal void Fill(Slot slot, IReadOnlyList<SlotFile> files)
    {
        Clear(slot);
        var building = FolderOf(slot) + ".new";
        Directory.CreateDirectory(building);
        foreach (var file in files)
        {
            var path = PathIn(building, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Put(file, path);
        }

        foreach (var inner in Directory.EnumerateDirectories(building, "*", SearchOption.AllDirectories).Append(building))
        {
            Filesystem.FlushFolder(inner);
        }

        Directory.Move(building, FolderOf(slot));
        Filesystem.FlushFolder(folder.Slots);
    }

    /// <summary>What is wrong with a slot that should hold exactly this variant with this over it; null when nothing is.</summary>
    internal async Task<string?> FindDamageAsync(
        Slot slot,
        VariantOffer variant,
        AdaptationPick? adaptation,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<SlotFile>? files;
        try
        {
            (files, var failure) = await composed.FilesAsync(variant, adaptation, cancellationToken);
            if (files is null)
            {
                return failure!.Reason;
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or PackageFormatException)
        {
            return $"the manifest {variant.Manifest} cannot be read: {exception.Message}";
        }

        foreach (var file in files)
        {
            if (await ContentStore.FindDamageAsync(PathOf(slot, file.Path), new(file.Digest, file.Size), cancellationToken) is { } damage)
            {
                return damage;
            }
        }

        return Strangers(slot, [.. files.Select(file => file.Path)]) is { Count: > 0 } more
            ? $"'{FolderOf(slot)}' has files that do not belong there, such as '{Path.GetRelativePath(FolderOf(slot), more[0])}'"
            : null;
    }

    internal string PathOf(Slot slot, string relative) => PathIn(FolderOf(slot), relative);

    /// <summary>Paths of what lies in a slot and is none of its files.</summary>
    internal IReadOnlyList<string> Strangers(Slot slot, IReadOnlyList<string> files)
    {
        var known = files.Select(path => PathOf(slot, path)).ToHashSet(StringComparer.Ordinal);
        var inner = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, ReturnSpecialDirectories = false };
        return
        [
            .. new DirectoryInfo(FolderOf(slot)).EnumerateFileSystemInfos("*", inner)
                .Where(entry => (entry is FileInfo || entry.LinkTarget is not null) && !known.Contains(entry.FullName))
                .Select(entry => entry.FullName),
        ];
    }

    /// <summary>Puts one file of a slot that is in charge into its place again, whole or not at all.</summary>
    internal void Replace(Slot slot, SlotFile file)
    {
        var path = PathOf(slot, file.Path);
        var parent = FolderOf(slot);
        foreach (var name in file.Path.Split('/')[..^1].Prepend(""))
        {
            parent = Path.Combine(parent, name);
            DiskPath.ClearForFolder(parent);
            Directory.CreateDirectory(parent);
        }

        var temporary = FolderOf(slot) + ".file";
        DiskPath.Remove(temporary);
        Put(file, temporary);
        DiskPath.ClearForFile(path);
        File.Move(temporary, path, overwrite: true);
        Filesystem.FlushFolder(Path.GetDirectoryName(path)!);
    }

    private void Put(SlotFile file, string path)
    {
        if (file.Content is { } made)
        {
            DurableFile.Write(path, made);
            ContentStore.MakeReadOnly(path);
        }
        else if (file.Size <= OwnCopyBytes || !Filesystem.TryHardLink(store.PathOf(file.Digest), path))
        {
            File.Copy(store.PathOf(file.Digest), path);
            ContentStore.MakeReadOnly(path);
            using var copy = File.OpenHandle(path);
            RandomAccess.FlushToDisk(copy);
        }
    }

    private static string PathIn(string root, string relative)
    {
        var path = Path.GetFullPath(Path.Combine(root, relative));
        return SafePath.IsValid(relative) && path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new InvalidDataException($"The path '{relative}' leads out of its package; it must be {SafePath.Rule}.");
    }
}
