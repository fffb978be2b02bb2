using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Slots;

namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>Copies a data folder again and again; what had two names has two names in each copy.</summary>
internal sealed class FolderCopy
{
    private readonly string _from;
    private readonly IReadOnlyList<string> _folders;
    private readonly IReadOnlyList<(string File, string? LinkTo)> _files;

    internal FolderCopy(string from)
    {
        _from = from;
        _folders =
            [.. Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories).Select(Relative).Order(StringComparer.Ordinal)];
        _files =
        [
            .. Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Select(path => (File: Relative(path), LinkTo: BlobOf(path)))
                .OrderBy(file => file.LinkTo is not null),
        ];
    }

    internal void To(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var inner in _folders)
        {
            Directory.CreateDirectory(Path.Combine(folder, inner));
        }

        foreach (var (file, blob) in _files)
        {
            var copy = Path.Combine(folder, file);
            if (blob is null || !Filesystem.TryHardLink(Path.Combine(folder, blob), copy))
            {
                File.Copy(Path.Combine(_from, file), copy);
            }
        }
    }

    private string Relative(string path) => Path.GetRelativePath(_from, path);

    /// <summary>The blob that a large file of a slot is another name of.</summary>
    private string? BlobOf(string path)
    {
        if (!path.Contains("/slots/", StringComparison.Ordinal) || new FileInfo(path).Length <= ModelSlots.OwnCopyBytes)
        {
            return null;
        }

        var blob = Path.Combine("store", "blobs", "sha256", Digest.Of(File.ReadAllBytes(path)).Hex);
        return File.Exists(Path.Combine(_from, blob)) ? blob : null;
    }
}
