using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Signing;

namespace SlmOps.Packaging.Format;

/// <summary>The media types of a package (OCI image-spec, CNCF ModelPack model-spec, Sigstore, CycloneDX).</summary>
public static class MediaTypes
{
    /// <summary>OCI image manifest: one a variant.</summary>
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>OCI image index: one a release.</summary>
    public const string Index = "application/vnd.oci.image.index.v1+json";

    /// <summary>Artifact type of a variant's manifest.</summary>
    public const string Model = "application/vnd.cncf.model.manifest.v1+json";

    /// <summary>Config of a variant's manifest.</summary>
    public const string ModelConfig = "application/vnd.cncf.model.config.v1+json";

    /// <summary>Layer: a graph, weights or an adapter, as it is.</summary>
    public const string Weight = "application/vnd.cncf.model.weight.v1.raw";

    /// <summary>Layer: tokenizer and other configuration, as it is.</summary>
    public const string WeightConfig = "application/vnd.cncf.model.weight.config.v1.raw";

    /// <summary>Layer: licence, model card and other text, as it is.</summary>
    public const string Doc = "application/vnd.cncf.model.doc.v1.raw";

    /// <summary>Sigstore bundle.</summary>
    public const string SigstoreBundle = "application/vnd.dev.sigstore.bundle.v0.3+json";

    /// <summary>in-toto statement inside a DSSE envelope.</summary>
    public const string InToto = "application/vnd.in-toto+json";

    /// <summary>CycloneDX bill of materials.</summary>
    public const string CycloneDx = "application/vnd.cyclonedx+json";

    /// <summary>Artifact type of a delta's manifest.</summary>
    public const string Delta = "application/vnd.slmops.delta.v1+json";

    /// <summary>Layer of a delta: one file, as frames.</summary>
    public const string DeltaLayer = "application/vnd.slmops.delta.tensor.v1+zstd";

    /// <summary>The config of a manifest that needs none: <c>{}</c>.</summary>
    internal const string Empty = "application/vnd.oci.empty.v1+json";

    /// <summary>The media type of a file of a variant, by its name alone so that it never depends on content.</summary>
    internal static string OfFile(string path) => Path.GetExtension(path) switch
    {
        ".onnx" or ".data" or ".bin" or ".onnx_adapter" or ".ort" => Weight,
        ".md" or ".txt" => Doc,
        _ when IsLicence(path) => Doc,
        _ => WeightConfig,
    };

    private static bool IsLicence(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        return name is "LICENSE" or "NOTICE" or "README" or "COPYING";
    }
}
