using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging;

namespace SlmOps.EdgeAgent.Slots;

/// <summary>The two folders that hold complete models. Files are second names of the store's blobs where that works.</summary>
internal sealed class ModelSlots(DataFolder folder, ContentStore store, ComposedFiles composed)
{
    internal string FolderOf(Slot slot) => folder.SlotFolder(slot);

    /// <summary>Empties a slot.</summary>
    internal void Clear(Slot slot)
    {
        foreach (var path in new[] { FolderOf(slot), FolderOf(slot) + ".new" }.Where(Directory.Exists))
        {
            if (OperatingSystem.IsWindows())
            {
                foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
                {
                    File.SetAttributes(file, FileAttributes.Normal);
                }
            }

            Directory.Delete(path, recursive: true);
        }
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
            if (file.Content is { } made)
            {
                DurableFile.Write(path, made);
                ContentStore.MakeReadOnly(path);
            }
            else if (!Filesystem.TryHardLink(store.PathOf(file.Digest), path))
            {
                File.Copy(store.PathOf(file.Digest), path);
                ContentStore.MakeReadOnly(path);
                using var copy = File.OpenHandle(path);
                RandomAccess.FlushToDisk(copy);
            }
        }

        foreach (var inner in Directory.EnumerateDirectories(building, "*", SearchOption.AllDirectories).Append(building))
        {
            Filesystem.FlushFolder(inner);
        }

        Directory.Move(building, FolderOf(slot));
        Filesystem.FlushFolder(folder.Slots);
    }

    /// <summary>What is wrong with a slot that should hold exactly this variant with this over it; null when nothing is.</summary>
    internal async Task<string?> FindDamageAsync(Slot slot, VariantOffer variant, AdaptationPick? adaptation, CancellationToken cancellationToken)
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
            var path = PathIn(FolderOf(slot), file.Path);
            if (await ContentStore.FindDamageAsync(path, new(file.Digest, file.Size), cancellationToken) is { } damage)
            {
                return damage;
            }
        }

        var count = Directory.EnumerateFiles(FolderOf(slot), "*", SearchOption.AllDirectories).Count();
        return count == files.Count ? null : $"'{FolderOf(slot)}' has {count} files, it should have {files.Count}";
    }

    private static string PathIn(string root, string relative)
    {
        var path = Path.GetFullPath(Path.Combine(root, relative));
        return SafePath.IsValid(relative) && path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new InvalidDataException($"The path '{relative}' leads out of its package; it must be {SafePath.Rule}.");
    }
}
