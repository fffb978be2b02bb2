using SlmOps.Contracts;
using SlmOps.Packaging.Format;

namespace SlmOps.Packaging.Manifests;

/// <summary>
/// Reads the documents of a release. Both are refused whole, with a <see cref="PackageFormatException"/>, for anything
/// that the writer would not have written; only unknown annotations are let through.
/// </summary>
public static class ReleaseReader
{
    private const int MaxAnnotations = 64;

    /// <summary>Reads an OCI index.</summary>
    public static ReleaseIndex ReadIndex(ReadOnlySpan<byte> utf8)
    {
        var root = StrictJson.Parse(utf8, Limits.IndexBytes, "index");
        root.Only("schemaVersion", "mediaType", "manifests", "annotations");
        root.Number("schemaVersion", 2, 2);
        root.Is("mediaType", MediaTypes.Index);
        var annotations = root.Map("annotations", MaxAnnotations);
        var created = Annotation(root, annotations, Annotations.Created);
        if (!CanonicalJson.TryTime(created, out var createdAt))
        {
            throw root.Refuse(
                "bad-time",
                $"says it was created at '{StrictJson.Shown(created)}'; expected a form such as 2026-01-01T00:00:00Z.");
        }

        var variants = new List<VariantOffer>();
        foreach (var descriptor in root.Children("manifests", Limits.Variants))
        {
            descriptor.Only("mediaType", "digest", "size", "annotations");
            descriptor.Is("mediaType", MediaTypes.Manifest);
            var offer = OfferAnnotations.Read(descriptor);
            if (variants.Count > 0 && string.CompareOrdinal(variants[^1].Name, offer.Name) >= 0)
            {
                throw descriptor.Refuse(
                    "unsorted-variants",
                    $"names '{offer.Name}' after '{variants[^1].Name}'; names are unique and sorted.");
            }

            variants.Add(offer);
        }

        return variants.Count > 0
            ? new(
                Name<ModelName>(root, annotations, Annotations.Model),
                Name<ModelVersion>(root, annotations, Annotations.Version),
                createdAt,
                variants)
            : throw root.Refuse("no-variants", "has no variants.");
    }

    /// <summary>Reads the manifest of a variant.</summary>
    public static VariantManifest ReadManifest(ReadOnlySpan<byte> utf8)
    {
        var root = StrictJson.Parse(utf8, Limits.ManifestBytes, "manifest");
        root.Only("schemaVersion", "mediaType", "artifactType", "config", "layers", "annotations");
        root.Number("schemaVersion", 2, 2);
        root.Is("mediaType", MediaTypes.Manifest);
        root.Is("artifactType", MediaTypes.Model);
        var config = root.Child("config");
        config.Only("mediaType", "digest", "size");
        config.Is("mediaType", MediaTypes.ModelConfig);
        var files = root.Children("layers", Limits.Files).Select(ReadLayer).ToList();
        if (FileSet.FindFault(files) is { } fault)
        {
            throw fault;
        }

        var annotations = root.Map("annotations", MaxAnnotations);
        var source = Annotation(root, annotations, Annotations.Source);
        var recipe = Annotation(root, annotations, Annotations.Recipe);
        return new(
            Name<ModelName>(root, annotations, Annotations.Model),
            Name<ModelVersion>(root, annotations, Annotations.Version),
            Name(root, annotations, Annotations.Variant),
            PackageText.IsPortable(recipe) ? recipe : throw root.Refuse("bad-text", "has a recipe that is not portable text."),
            Digest.TryParse(source, out var digest)
                ? digest
                : throw root.Refuse("bad-digest", $"has a source '{StrictJson.Shown(source)}' that is not a digest."),
            new(config.Digest("digest"), config.Number("size", 1, Limits.ManifestBytes)),
            files);
    }

    private static PackageFile ReadLayer(StrictJson layer)
    {
        layer.Only("mediaType", "digest", "size", "annotations");
        var annotations = layer.Map("annotations", MaxAnnotations);
        var path = Annotation(layer, annotations, Annotations.FilePath);
        // Tools that unpack by title must get the same file as those that unpack by path.
        if (Annotation(layer, annotations, Annotations.Title) != path)
        {
            throw layer.Refuse("path-conflict", $"has a title other than its path '{StrictJson.Shown(path)}'.");
        }

        layer.Is("mediaType", MediaTypes.OfFile(path));
        return new(path, layer.Digest("digest"), layer.Number("size", 0, Limits.FileBytes));
    }

    private static string Annotation(StrictJson place, IReadOnlyDictionary<string, string> annotations, string key) =>
        annotations.TryGetValue(key, out var value) ? value : throw place.Refuse("missing-property", $"lacks the annotation '{key}'.");

    private static string Name(StrictJson place, IReadOnlyDictionary<string, string> annotations, string key)
    {
        var name = Annotation(place, annotations, key);
        return SafeName.IsValid(name) ? name : throw Unsafe(place, name, key);
    }

    private static T Name<T>(StrictJson place, IReadOnlyDictionary<string, string> annotations, string key)
        where T : struct, IName<T>
    {
        var text = Annotation(place, annotations, key);
        return T.TryParse(text, out var name) ? name : throw Unsafe(place, text, key);
    }

    private static PackageFormatException Unsafe(StrictJson place, string text, string key) =>
        place.Refuse("unsafe-name", $"has '{StrictJson.Shown(text)}' as '{key}'; a name is {SafeName.Rule}.");
}
