using System.Security.Cryptography;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.EdgeAgent.Slots;

/// <summary>
/// Makes, shows and removes the local layer of a data folder. Files are copied by digest first, then the signed layer is
/// replaced whole: a kill in between leaves the layer before, and copies that the next change clears away.
/// </summary>
internal sealed class LocalDesk(DataFolder folder)
{
    private const int MaxFiles = 64;
    private const long MaxBytes = 4L << 30;

    internal async Task<string> AddAsync(string source, CancellationToken cancellationToken)
    {
        var current = CurrentModel.Read(folder) ?? throw new LocalLayerException(
            $"'{folder.Root}' runs no model yet; a layer is made for the model that runs. Let the agent install one first.");
        var paths = List(Path.GetFullPath(source));
        using var turn = TakeTurn();
        Directory.CreateDirectory(folder.LocalFiles);
        var files = new List<PackageFile>();
        foreach (var path in paths)
        {
            var blob = await CopyAsync(Path.Combine(source, path), cancellationToken);
            files.Add(new(CompositionLayer.Local.Folder + path, blob.Digest, blob.Size));
        }

        DiskPath.ClearForFile(DataFolder.LockOf(folder.DeviceKey));
        using var key = LocalSigningKey.LoadOrCreate(folder.DeviceKey);
        var layer = new LocalLayer(current.Manifest, files);
        var envelope = await layer.SignAsync(key, cancellationToken);

        // What cannot be read back is never put in place of what can.
        _ = LocalLayer.Open(envelope, key.PublicKey) ?? throw new LocalLayerException($"The files of '{source}' do not make a layer.");
        DurableFile.Write(folder.LocalLayer, envelope);
        Sweep(layer);
        return $"{files.Count} files for {current.Model} {current.Version} {current.Variant} ({current.Manifest}).";
    }

    internal string List()
    {
        var current = CurrentModel.Read(folder);
        var layers = new LocalLayers(folder);
        var found = layers.Find();
        var state = found switch
        {
            null => File.Exists(folder.LocalLayer) ? LocalLayerStates.DisabledUntrusted : LocalLayerStates.None,
            { Pin: var pin } when pin.Base != current?.Manifest => LocalLayerStates.DisabledOtherBase,
            { Pin: var pin } when pin.Envelope == current.LocalLayer => LocalLayerStates.Active,
            _ => LocalLayerStates.Pending,
        };
        return JsonSerializer.Serialize(
            new LocalLayerListing(
                state,
                found?.Layer.Base ?? default,
                layers.Key?.KeyId,
                [.. (found?.Layer.Files ?? []).Select(file => file.Path)]),
            SlotJson.Default.LocalLayerListing);
    }

    internal string Remove()
    {
        using var turn = TakeTurn();
        DiskPath.Remove(folder.LocalLayer);
        Sweep(null);
        return "The local layer is removed.";
    }

    /// <summary>Relative paths, sorted by their bytes; everything is checked before anything is copied.</summary>
    private static List<string> List(string source)
    {
        if (!Directory.Exists(source))
        {
            throw new LocalLayerException($"There is no folder '{source}'.");
        }

        var (paths, bytes) = (new List<string>(), 0L);
        foreach (
            var entry in new DirectoryInfo(source).EnumerateFileSystemInfos(
                "*",
                new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }
            ))
        {
            var path = Path.GetRelativePath(source, entry.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (entry.LinkTarget is not null)
            {
                throw new LocalLayerException($"'{path}' is a symbolic link; put the file itself into the folder.");
            }

            if (entry is FileInfo file)
            {
                bytes += file.Length;
                paths.Add(
                    SafePath.IsValid(CompositionLayer.Local.Folder + path)
                        ? path
                        : throw new LocalLayerException($"The path '{path}' is not allowed: {SafePath.Rule}."));
            }

            if (paths.Count > MaxFiles || bytes > MaxBytes)
            {
                throw new LocalLayerException($"'{source}' has more than {MaxFiles} files or {MaxBytes} bytes.");
            }
        }

        paths.Sort(string.CompareOrdinal);
        return paths.Count > 0 ? paths : throw new LocalLayerException($"'{source}' has no files.");
    }

    private async Task<BlobRef> CopyAsync(string source, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(folder.Local, $".{Guid.NewGuid():N}.tmp");
        try
        {
            BlobRef blob;
            using (var from = File.OpenRead(source))
            using (var to = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                await from.CopyToAsync(to, cancellationToken);
                to.Flush(flushToDisk: true);
                to.Position = 0;
                blob = new(Digest.FromHash(await SHA256.HashDataAsync(to, cancellationToken)), to.Length);
            }

            var path = Path.Combine(folder.LocalFiles, blob.Digest.Hex);
            DiskPath.ClearForFile(path);
            File.Move(temporary, path, overwrite: true);
            Filesystem.FlushFolder(folder.LocalFiles);
            return blob;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private FileStream TakeTurn()
    {
        Directory.CreateDirectory(folder.Local);
        try
        {
            return new(Path.Combine(folder.Local, "turn.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new LocalLayerException("Another process changes the local layer; try again.");
        }
    }

    private void Sweep(LocalLayer? layer)
    {
        var keep = (layer?.Files ?? []).Select(file => file.Digest.Hex).ToHashSet();
        foreach (var path in Directory.Exists(folder.LocalFiles) ? Directory.GetFiles(folder.LocalFiles) : [])
        {
            if (!keep.Contains(Path.GetFileName(path)))
            {
                File.Delete(path);
            }
        }

        foreach (var path in Directory.GetFiles(folder.Local, "*.tmp"))
        {
            File.Delete(path);
        }
    }
}
