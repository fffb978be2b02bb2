using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Inspection;

/// <summary>
/// Resolves external data locations inside the model's folder. A location is hostile text: it must be relative, stay in
/// the folder and pass no symbolic link, or only those of a download cache where the caller allows them.
/// </summary>
internal sealed class ExternalFiles : IDisposable
{
    private readonly LocalFiles? _local;
    private readonly string _folder;
    private readonly bool _followCacheLinks;
    private readonly Dictionary<string, (ModelProblem? Problem, long Length)> _seen = new(StringComparer.Ordinal);

    internal ExternalFiles(string modelPath, bool followCacheLinks)
    {
        Source = _local = new LocalFiles();
        (_folder, _followCacheLinks) = (Path.GetDirectoryName(Path.GetFullPath(modelPath))!, followCacheLinks);
    }

    internal ExternalFiles(IModelSource source, string modelName) =>
        (Source, _folder) = (source, modelName[..(modelName.LastIndexOf('/') + 1)]);

    /// <summary>Where the files lie, by the names that <see cref="PathOf"/> gives.</summary>
    internal IModelSource Source { get; }

    internal IEnumerable<(string Location, long Length)> Found =>
        _seen.Where(s => s.Value.Problem is null).Select(s => (s.Key, s.Value.Length)).OrderBy(s => s.Key, StringComparer.Ordinal);

    internal string PathOf(string location) => _local is null ? _folder + location : Path.Combine(_folder, location);

    public void Dispose() => _local?.Dispose();

    internal ModelProblem? Check(OnnxTensor tensor)
    {
        var reference = tensor.External!;
        if (reference.Malformed is { } malformed)
        {
            return Problems.ExternalMalformed(tensor.Name, malformed);
        }

        if (reference.Location.Length == 0)
        {
            return Problems.ExternalMalformed(tensor.Name, "no location");
        }

        if (!_seen.TryGetValue(reference.Location, out var file))
        {
            file = Resolve(tensor.Name, reference.Location);
            _seen.Add(reference.Location, file);
        }

        if (file.Problem is { } problem)
        {
            return problem;
        }

        var expected = tensor.ByteLength;
        if (reference.Length is { } length && length != expected)
        {
            return Problems.SizeMismatch(tensor.Name, tensor.ShapeText, tensor.Type.Text(), expected, length);
        }

        return reference.Offset > file.Length - expected
            ? Problems.ExternalPastEnd(tensor.Name, reference.Location, reference.Offset, expected, file.Length)
            : null;
    }

    private (ModelProblem? Problem, long Length) Resolve(string tensor, string location)
    {
        if (location.Contains('\0', StringComparison.Ordinal) || location.Length > 1024)
        {
            return (Problems.ExternalMalformed(tensor, "a location that is no file name"), 0);
        }

        if (Path.IsPathRooted(location) || location[0] is '/' or '\\' || (location.Length > 1 && location[1] == ':'))
        {
            return (Problems.ExternalAbsolute(tensor, location), 0);
        }

        var path = _folder;
        foreach (var part in location.Split('/', '\\'))
        {
            if (part == "..")
            {
                return (Problems.ExternalOutside(tensor, location), 0);
            }

            if (_local is null)
            {
                continue;
            }

            path = Path.Combine(path, part);
            var info = new FileInfo(path);
            if (info.LinkTarget is not null && !(_followCacheLinks && CacheLinks.Leads(info, _folder)))
            {
                return (Problems.ExternalSymlink(tensor, location), 0);
            }
        }

        if (_local is null)
        {
            return Source.LengthOf(PathOf(location)) is { } length ? (null, length) : (Problems.ExternalMissing(tensor, location), 0);
        }

        // A backslash separates folders on Windows and is part of the name elsewhere; only what exists here counts.
        var file = new FileInfo(Path.Combine(_folder, location));
        if (_followCacheLinks && file.LinkTarget is not null)
        {
            file = (FileInfo)file.ResolveLinkTarget(returnFinalTarget: true)!;
        }

        return file.Exists && (file.Attributes & (FileAttributes.Device | FileAttributes.ReparsePoint)) == 0
            ? (null, file.Length)
            : (Problems.ExternalMissing(tensor, location), 0);
    }
}
