namespace SlmOps.Contracts;

/// <summary>Points at one release of one model.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="Digest">Digest of the OCI image index.</param>
/// <param name="Size">Size of the index in bytes; a device reads no more.</param>
/// <param name="Signature">Digest of the Sigstore bundle that signs the index with the release key.</param>
public sealed record ReleaseRef(ModelName Model, ModelVersion Version, Digest Digest, long Size, Digest Signature);

/// <summary>One variant of a release, as a device sees it before it downloads anything large.</summary>
/// <param name="Name">Variant name, unique in the release.</param>
/// <param name="Manifest">Digest of the variant's OCI manifest: the identity of what a device runs.</param>
/// <param name="ManifestSize">Size of that manifest in bytes.</param>
/// <param name="Bytes">Bytes of all files of the variant.</param>
/// <param name="Recipe">Quantizer recipe.</param>
/// <param name="Needs">What a device must have.</param>
/// <param name="Figures">What validation measured.</param>
public sealed record VariantOffer(
    string Name, Digest Manifest, long ManifestSize, long Bytes, string Recipe, VariantNeeds Needs, VariantFigures Figures)
{
    /// <summary>The recipe that leaves a model as it is.</summary>
    public const string OriginalRecipe = "original";

    /// <summary>Classes of processors on which the device lab tried it and it passed, each one of <see cref="ProcessorClass"/>.</summary>
    public IReadOnlyList<string> PassedClasses { get; init => field = value ?? []; } = [];

    /// <summary>Classes of processors on which it failed there: it is not for devices of these. Of all others nothing is known.</summary>
    public IReadOnlyList<string> FailedClasses { get; init => field = value ?? []; } = [];
}

/// <summary>What a device must have to run a variant.</summary>
/// <param name="RamBytes">Memory the loaded model takes at its full context, in bytes.</param>
/// <param name="MinimumOrt">Lowest ONNX Runtime version, such as <c>1.22.0</c>.</param>
/// <param name="InstructionSets">Instruction sets that must be there; empty for a portable variant.</param>
public sealed record VariantNeeds(long RamBytes, string MinimumOrt, IReadOnlyList<string> InstructionSets);

/// <summary>What validation measured; a figure that does not apply to the kind of model is null.</summary>
/// <param name="Perplexity">exp of the mean negative log-likelihood per token on the evaluation text.</param>
/// <param name="PerplexityChange">Perplexity divided by the original's, minus 1.</param>
/// <param name="Kl">Mean Kullback-Leibler divergence original ∥ variant of next-token distributions, in nats.</param>
/// <param name="Top1Agreement">Share of positions where both rank the same token first.</param>
/// <param name="SqnrDb">Signal to quantization noise ratio of the outputs in dB.</param>
/// <param name="TokensPerSecond">Decode speed with KV cache (inferences per second for other models).</param>
/// <param name="PrefillTokensPerSecond">Prompt processing speed.</param>
/// <param name="PeakBytes">Peak memory of loading and running, in bytes.</param>
public sealed record VariantFigures(
    double? Perplexity,
    double? PerplexityChange,
    double? Kl,
    double? Top1Agreement,
    double? SqnrDb,
    double? TokensPerSecond,
    double? PrefillTokensPerSecond,
    long? PeakBytes)
{
    /// <summary>For encoders: mean cosine of the embeddings of the same texts by the original and by the variant.</summary>
    public double? Cosine { get; init; }

    /// <summary>For encoders: share of each text's nearest texts that are the same by both.</summary>
    public double? Neighbours { get; init; }
}
