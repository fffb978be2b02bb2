using System.Collections.Concurrent;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Sandboxes;

/// <summary>
/// What original models predict, kept on this machine's disk while their variants are judged: made once, whoever of them
/// comes first. A host that has no room for another file deletes the oldest; it is made again when it is asked for.
/// </summary>
internal sealed class PredictionCache(PipelineOptions options)
{
    private const string FolderName = "predictions";

    private readonly ConcurrentDictionary<Digest, SemaphoreSlim> _gates = new();

    /// <summary>The file for a key, made by <paramref name="make"/> when there is none.</summary>
    /// <param name="key">Digest of all that decides what is predicted.</param>
    /// <param name="make">Writes the file of the given path.</param>
    /// <param name="cancellationToken">Stops waiting for another that makes the same.</param>
    internal async Task<string> GetAsync(Digest key, Func<string, Task> make, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        var gate = _gates.GetOrAdd(key, _ => new(1, 1));
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!File.Exists(path))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                DeleteOldest();
                var started = $"{path}.{Path.GetRandomFileName()}";
                try
                {
                    await make(started).ConfigureAwait(false);
                    File.Move(started, path, overwrite: true);
                }
                finally
                {
                    File.Delete(started);
                }
            }

            return path;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>True when the file for a key is there.</summary>
    internal bool Has(Digest key) => File.Exists(PathOf(key));

    /// <summary>Deletes what is kept for a key.</summary>
    internal void Remove(Digest key)
    {
        _gates.TryRemove(key, out _);
        if (File.Exists(PathOf(key)))
        {
            File.Delete(PathOf(key));
        }
    }

    private string PathOf(Digest key) => Path.Combine(options.WorkFolder, FolderName, key.Hex);

    private void DeleteOldest()
    {
        var left = options.MaxPredictionBytes;
        foreach (
            var file in new DirectoryInfo(Path.Combine(options.WorkFolder, FolderName))
                .GetFiles()
                .OrderByDescending(file => file.LastWriteTimeUtc))
        {
            left -= file.Length;
            if (left < 0)
            {
                file.Delete();
            }
        }
    }
}
