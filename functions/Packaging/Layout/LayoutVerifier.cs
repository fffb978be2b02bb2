using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Layout;

/// <summary>
/// Checks all releases of a layout, then everything else that it names: what belongs to a release that verifies is checked, and
/// what does not is named, so that nobody takes a verdict for more than it looked at.
/// </summary>
public static class LayoutVerifier
{
    /// <summary>Checks a layout.</summary>
    /// <param name="files">The layout's own files.</param>
    /// <param name="store">Where the blobs are.</param>
    /// <param name="releaseKey">The one key that may sign releases.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="PackageFormatException">When the <c>index.json</c> is none.</exception>
    public static async Task<LayoutVerdict> VerifyAsync(
        LayoutFiles files, IBlobSource store, PublicKey releaseKey, CancellationToken cancellationToken)
    {
        var entries = LayoutIndex.Read(files.Index);
        var releases = new List<(ReleaseRef, Verdict)>();
        var known = new KnownNames();
        foreach (var release in entries.Select(LayoutIndex.AsRelease).OfType<ReleaseRef>())
        {
            var verdict = await PackageVerifier.VerifyAsync(release, store, releaseKey, cancellationToken).ConfigureAwait(false);
            releases.Add((release, verdict));
            if (verdict.IsAccepted)
            {
                known.Add(await ReleaseContents.ReadAsync(release, store, cancellationToken).ConfigureAwait(false));
            }
        }

        var checks = new List<Check>();
        var beside = new List<Unvouched>();
        if (files.Marker is null)
        {
            beside.Add(new(LayoutMarker.FileName, "It is missing; other tools do not take this for a layout."));
        }
        else
        {
            checks.Add(LayoutMarker.Check(files.Marker));
        }

        checks.AddRange(
            from same in entries.GroupBy(entry => entry.Name)
            where same.Count() > 1
            select new Check(Shown(same.Key), CheckOutcome.Failed, $"The name stands {same.Count()} times in {LayoutIndex.FileName}."));
        foreach (var entry in entries)
        {
            var (check, unvouched) = await LookAsync(entry, known, store, cancellationToken).ConfigureAwait(false);
            checks.AddRange(check);
            beside.AddRange(unvouched);
        }

        var reached = known.Blobs.Select(digest => FolderBlobStore.Prefix + digest.Hex).ToHashSet(StringComparer.Ordinal);
        beside.AddRange((files.Others ?? []).Where(path => !reached.Contains(path)).Select(path => new Unvouched(
            Shown(path),
            path.StartsWith(FolderBlobStore.Prefix, StringComparison.Ordinal)
                ? "No release that holds needs it."
                : "It is no part of a layout.")));
        return new(releases, checks, beside);
    }

    private static async Task<(IReadOnlyList<Check> Checks, IReadOnlyList<Unvouched> Beside)> LookAsync(
        LayoutEntry entry, KnownNames known, IBlobSource store, CancellationToken cancellationToken)
    {
        var name = Shown(entry.Name);
        if (known.Entries.TryGetValue(entry.Name, out var expected))
        {
            // The release itself was checked above; its other names lead to documents that follow from it.
            if (expected.Blob == entry.Blob && expected.MediaType == entry.MediaType)
            {
                return (await known.CheckAsync(entry, store, cancellationToken).ConfigureAwait(false), []);
            }

            return entry.Name.StartsWith(Referrers.Prefix, StringComparison.Ordinal)
                ? ([], [new(name, $"It refers to a release that holds, with documents that it does not name: {entry.Blob.Digest}.")])
                : ([new(name, CheckOutcome.Failed, $"It leads to {entry.Blob.Digest}; the release has {expected.Blob.Digest} there.")], []);
        }

        if (LayoutIndex.AsRelease(entry) is { } release)
        {
            return known.Blobs.Contains(release.Digest)
                ? ([], [new(name, $"A name that was not signed, for {release.Model} {release.Version}.")])
                : ([], []); // Its own verdict says what is wrong with it.
        }

        if (LayoutIndex.AsDelta(entry) is { } delta && entry.Name == LayoutIndex.Of(delta).Name)
        {
            return known.Variants.Contains(delta.To)
                ? (await LayoutDelta.CheckAsync(name, delta, known, store, cancellationToken).ConfigureAwait(false), [])
                : ([], [new(name, $"A delta to {delta.To}, which is no variant of a release that holds.")]);
        }

        return ([], [new(name, known.Blobs.Contains(entry.Blob.Digest)
            ? $"A name that was not signed, for {entry.Blob.Digest} of a release that holds."
            : $"{entry.Blob.Digest} is of no release that holds; nobody signed it ({Shown(entry.MediaType)}).")]);
    }

    private static string Shown(string text) => StrictJson.Shown(text);
}
