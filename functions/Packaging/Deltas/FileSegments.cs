using SlmOps.Packaging.Manifests;

namespace SlmOps.Packaging.Deltas;

/// <summary>A run of bytes of a file that is compared as one thing.</summary>
internal sealed record Segment(long Offset, long Length, string? Key);

/// <summary>Cuts files at their tensors.</summary>
internal static class FileSegments
{
    /// <summary>Segments that cover the whole file in order; what lies between tensors has no key.</summary>
    internal static IReadOnlyList<Segment> Cut(PackageFile file, IEnumerable<TensorSpan> tensors)
    {
        var segments = new List<Segment>();
        long at = 0;
        foreach (
            var tensor in tensors
                .Where(tensor => tensor.Path == file.Path)
                .OrderBy(tensor => tensor.Offset)
                .ThenByDescending(tensor => tensor.Length))
        {
            // Tensors that share bytes are one; a span that lies outside the file is none.
            if (tensor.Offset < at || tensor.Length <= 0 || tensor.Length > file.Size - tensor.Offset)
            {
                continue;
            }

            AddRest(segments, at, tensor.Offset);
            segments.Add(new(tensor.Offset, tensor.Length, tensor.Key));
            at = tensor.Offset + tensor.Length;
        }

        // A file without tensors is compared with the file of the same name.
        if (segments.Count == 0 && file.Size > 0)
        {
            return [new(0, file.Size, $"file|{file.Path}")];
        }

        AddRest(segments, at, file.Size);
        return segments;
    }

    private static void AddRest(List<Segment> segments, long from, long to)
    {
        if (to > from)
        {
            segments.Add(new(from, to - from, null));
        }
    }
}
