namespace SlmOps.Packaging.Format;

/// <summary>Bounds that every reader of a package applies before it allocates or downloads anything.</summary>
public static class Limits
{
    /// <summary>Largest OCI index in bytes.</summary>
    public const int IndexBytes = 1 << 20;

    /// <summary>Largest variant manifest or config in bytes; the size the OCI distribution spec asks registries to take.</summary>
    public const int ManifestBytes = 4 << 20;

    /// <summary>Largest Sigstore bundle in bytes.</summary>
    public const int BundleBytes = 8 << 20;

    /// <summary>Largest signed channel document in bytes.</summary>
    public const int ChannelBytes = 256 << 10;

    /// <summary>Most variants in a release.</summary>
    public const int Variants = 64;

    /// <summary>Most files in a variant.</summary>
    public const int Files = 4096;

    /// <summary>Largest file, and largest sum of a variant's files, in bytes.</summary>
    public const long FileBytes = 1L << 40;

    /// <summary>Most characters in an annotation value.</summary>
    public const int TextLength = 1024;
}
