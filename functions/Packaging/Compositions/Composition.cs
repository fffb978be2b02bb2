using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Compositions;

/// <summary>A layer over a base variant, in the order of application.</summary>
public abstract record CompositionLayer
{
    private CompositionLayer()
    {
    }

    /// <summary>A LoRA adapter: one more file.</summary>
    /// <param name="Path">Where it goes, below <c>adapters/</c>.</param>
    /// <param name="Blob">The file.</param>
    public sealed record Adapter(string Path, BlobRef Blob) : CompositionLayer;

    /// <summary>A merge patch (RFC 7396) over a configuration file of the base, for the keys that <see cref="ConfigOverlay"/> allows.</summary>
    /// <param name="Path">The file it changes.</param>
    /// <param name="Blob">The patch.</param>
    public sealed record Config(string Path, BlobRef Blob) : CompositionLayer;

    /// <summary>Room for what a device adds by itself, below <c>adapters/local/</c>, signed with the device's key.</summary>
    public sealed record Local : CompositionLayer
    {
        /// <summary>The only folder that a device may fill.</summary>
        public const string Folder = "adapters/local/";
    }
}

/// <summary>
/// What a device runs: a base variant and what is laid over it. Its digest is the identity that the device reports.
/// </summary>
/// <param name="Base">Manifest of the base variant.</param>
/// <param name="Layers">The layers, in order.</param>
public sealed record Composition(Digest Base, IReadOnlyList<CompositionLayer> Layers)
{
    /// <summary>Media type, and payload type of the signed form.</summary>
    public const string MediaType = "application/vnd.slmops.composition.v1+json";

    /// <summary>Largest signed composition in bytes.</summary>
    public const int MaxEnvelopeBytes = 512 << 10;

    /// <summary>Most layers.</summary>
    public const int MaxLayers = 64;

    private const int MaxBytes = 256 << 10;
    private const string AdapterFolder = "adapters/";

    /// <summary>Digest of <see cref="Write"/>.</summary>
    public Digest Identity => Digest.Of(Write());

    /// <summary>Signs it; the result is a DSSE envelope.</summary>
    public Task<byte[]> SignAsync(ISigningKey key, CancellationToken cancellationToken) =>
        Dsse.SignAsync(MediaType, Write(), key, cancellationToken);

    /// <summary>The one form of it.</summary>
    public byte[] Write() => CanonicalJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("schema", 1);
        json.WriteString("base", Base.ToString());
        json.WriteStartArray("layers");
        foreach (var layer in Layers)
        {
            json.WriteStartObject();
            var (kind, path, blob) = layer switch
            {
                CompositionLayer.Adapter adapter => ("adapter", adapter.Path, adapter.Blob),
                CompositionLayer.Config config => ("config", config.Path, config.Blob),
                _ => ("local", CompositionLayer.Local.Folder, null),
            };
            json.WriteString("kind", kind);
            json.WriteString("path", path);
            if (blob is not null)
            {
                json.WriteString("digest", blob.Digest.ToString());
                json.WriteNumber("size", blob.Size);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>Reads a composition.</summary>
    /// <exception cref="PackageFormatException">When it is not one, or a path leaves its place.</exception>
    public static Composition Read(ReadOnlySpan<byte> utf8)
    {
        var root = StrictJson.Parse(utf8, MaxBytes, "composition");
        root.Only("schema", "base", "layers");
        root.Number("schema", 1, 1);
        var layers = root.Children("layers", MaxLayers).Select(ReadLayer).ToList();
        var adapters = layers.OfType<CompositionLayer.Adapter>().ToList();
        return adapters.DistinctBy(adapter => adapter.Path, StringComparer.OrdinalIgnoreCase).Count() == adapters.Count
            && layers.OfType<CompositionLayer.Local>().Count() <= 1
                ? new(root.Digest("base"), layers)
                : throw root.Refuse("duplicate-path", "has two layers for one path.");
    }

    private static CompositionLayer ReadLayer(StrictJson layer)
    {
        var kind = layer.Text("kind");
        var path = layer.Text("path");
        if (kind == "local")
        {
            layer.Only("kind", "path");
            layer.Is("path", CompositionLayer.Local.Folder);
            return new CompositionLayer.Local();
        }

        layer.Only("kind", "path", "digest", "size");
        var blob = new BlobRef(layer.Digest("digest"), layer.Number("size", 1, Limits.FileBytes));
        return kind switch
        {
            _ when !SafePath.IsValid(path) => throw layer.Refuse(
                "unsafe-path",
                $"has the path '{StrictJson.Shown(path)}'; a path is {SafePath.Rule}."),
            "adapter"
                when path.StartsWith(AdapterFolder, StringComparison.Ordinal)
                    && !path.StartsWith(CompositionLayer.Local.Folder, StringComparison.OrdinalIgnoreCase) => new CompositionLayer.Adapter(
                path,
                blob),
            "config" when path.EndsWith(".json", StringComparison.Ordinal) && blob.Size <= ConfigOverlay.MaxBytes =>
                new CompositionLayer.Config(path, blob),
            _ => throw layer.Refuse("bad-layer", $"of kind '{StrictJson.Shown(kind)}' may not lie at '{StrictJson.Shown(path)}'."),
        };
    }
}
