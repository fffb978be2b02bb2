using System.Text.Json;

namespace SlmOps.EdgeAgent.Disk;

/// <summary>One agent a data folder. The operating system drops the lock with the process, however that ends.</summary>
internal sealed class DataFolderLock : IDisposable
{
    private readonly FileStream _file;

    private DataFolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, or returns null and who holds it.</summary>
    internal static DataFolderLock? TryTake(DataFolder folder, LockHolder self, out LockHolder? holder)
    {
        holder = null;
        FileStream file;
        try
        {
            DiskPath.ClearForFile(folder.Lock);
            file = new(folder.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            holder = ReadHolder(folder);
            return null;
        }

        DurableFile.Write(folder.Holder, JsonSerializer.SerializeToUtf8Bytes(self, StateJson.Default.LockHolder));
        return new(file);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Who held the folder last, where the file can be read.</summary>
    internal static LockHolder? ReadHolder(DataFolder folder)
    {
        try
        {
            return DurableFile.Read(folder.Holder, 4096, out _) is { } bytes
                ? JsonSerializer.Deserialize(bytes, StateJson.Default.LockHolder)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
