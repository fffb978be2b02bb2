using System.Globalization;
using System.Text.Json;

namespace SlmOps.Local;

/// <summary>One platform in a data folder. The operating system drops the lock when its holder dies.</summary>
public sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;
    private readonly string _holderPath;

    private FolderLock(FileStream file, string holderPath)
    {
        _file = file;
        _holderPath = holderPath;
    }

    private sealed record Holder(int Pid, DateTimeOffset Since, string? Url);

    /// <exception cref="LocalPlatformException">When another process holds the folder; it says which.</exception>
    public static FolderLock Take(string folder, TimeProvider time)
    {
        var holderPath = Path.Combine(folder, "holder.json");
        FileStream file;
        try
        {
            file = new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new LocalPlatformException($"{folder} is in use{Describe(holderPath)}. Stop that one, or take another data folder.", e);
        }

        var taken = new FolderLock(file, holderPath);
        taken.Write(new Holder(Environment.ProcessId, time.GetUtcNow(), null));
        return taken;
    }

    /// <summary>True when a platform runs in the folder.</summary>
    public static bool IsHeld(string folder)
    {
        var path = Path.Combine(folder, "lock");
        try
        {
            if (File.Exists(path))
            {
                new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
            }

            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Tells others where the platform of this folder is reached.</summary>
    public void SetUrl(Uri url, TimeProvider time) => Write(new Holder(Environment.ProcessId, time.GetUtcNow(), url.AbsoluteUri));

    public void Dispose()
    {
        File.Delete(_holderPath);
        _file.Dispose();
    }

    private static string Describe(string holderPath)
    {
        try
        {
            var holder = JsonSerializer.Deserialize<Holder>(File.ReadAllText(holderPath), JsonSerializerOptions.Web);
            return holder is null ? "" : string.Create(
                CultureInfo.InvariantCulture,
                $" by process {holder.Pid} since {holder.Since:u}{(holder.Url is null ? "" : $" at {holder.Url}")}");
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return " by another process";
        }
    }

    private void Write(Holder holder)
    {
        var temporary = _holderPath + ".new";
        File.WriteAllText(temporary, JsonSerializer.Serialize(holder, JsonSerializerOptions.Web));
        File.Move(temporary, _holderPath, overwrite: true);
    }
}
