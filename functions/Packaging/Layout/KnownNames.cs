using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Layout;

/// <summary>The names and blobs that follow from the releases that hold.</summary>
internal sealed class KnownNames
{
    private readonly Dictionary<Digest, byte[]> _documents = [];

    /// <summary>Entries of the layout, by name.</summary>
    internal Dictionary<string, LayoutEntry> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>Manifests of variants.</summary>
    internal HashSet<Digest> Variants { get; } = [];

    /// <summary>Everything that was looked at.</summary>
    internal HashSet<Digest> Blobs { get; } = [];

    internal void Add(ReleaseContents contents)
    {
        Blobs.UnionWith(contents.Blobs.Select(blob => blob.Digest));
        Variants.UnionWith(contents.Index.Variants.Select(offer => offer.Manifest));
        var names = LayoutNames.Of(contents);
        foreach (var entry in names.Entries)
        {
            Entries[entry.Name] = entry;
        }

        foreach (var document in names.Documents)
        {
            _documents[Digest.Of(document)] = document;
        }
    }

    /// <summary>
    /// A name that leads where it should. What it leads to is a document of the release, which was checked, or one that names
    /// such: then the referrers are read as well, byte by byte.
    /// </summary>
    internal async Task<IReadOnlyList<Check>> CheckAsync(LayoutEntry entry, IBlobSource store, CancellationToken cancellationToken)
    {
        var name = StrictJson.Shown(entry.Name);
        if (!_documents.TryGetValue(entry.Blob.Digest, out var index))
        {
            return [new(name, CheckOutcome.Passed, $"It leads to {entry.Blob.Digest}, as the release says.")];
        }

        Digest[] referrers =
        [
            entry.Blob.Digest,
            .. StrictJson.Parse(index, Limits.IndexBytes, name).Children("manifests", Limits.Files).Select(one => one.Digest("digest")),
        ];
        var checks = new List<Check>();
        foreach (var digest in referrers.Append(Digest.Of(Referrers.EmptyConfig)))
        {
            checks.Add(await PackageVerifier
                .CheckBlobAsync(name, new(digest, _documents[digest].Length), store, cancellationToken)
                .ConfigureAwait(false));
            Blobs.Add(digest);
        }

        return checks;
    }
}
