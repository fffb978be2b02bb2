using SlmOps.Packaging.Statements;

namespace SlmOps.Packaging.Format;

/// <summary>Annotation keys. Ours start with <c>dev.slmops.</c>; the ModelPack config schema has no place for them.</summary>
internal static class Annotations
{
    internal const string Model = "dev.slmops.model";
    internal const string Variant = "dev.slmops.variant";
    internal const string Recipe = "dev.slmops.quant.recipe";
    internal const string Source = "dev.slmops.source";
    internal const string Base = "dev.slmops.base.digest";
    internal const string Bytes = "dev.slmops.bytes";

    internal const string Signature = "dev.slmops.signature";
    internal const string Attestation = "dev.slmops.attestation";

    internal const string DeltaFrom = "dev.slmops.delta.from";
    internal const string DeltaTo = "dev.slmops.delta.to";
    internal const string DeltaDigest = "dev.slmops.delta.digest";
    internal const string DeltaSize = "dev.slmops.delta.size";

    internal const string MinimumRam = "dev.slmops.ram.min";
    internal const string MinimumOrt = "dev.slmops.ort.min";
    internal const string InstructionSets = "dev.slmops.cpu.features";

    internal const string LabPassed = "dev.slmops.lab.passed";
    internal const string LabFailed = "dev.slmops.lab.failed";

    internal const string Perplexity = "dev.slmops.figure.perplexity";
    internal const string PerplexityChange = "dev.slmops.figure.perplexity-change";
    internal const string Kl = "dev.slmops.figure.kl";
    internal const string Top1Agreement = "dev.slmops.figure.top1-agreement";
    internal const string SqnrDb = "dev.slmops.figure.sqnr-db";
    internal const string Cosine = "dev.slmops.figure.cosine";
    internal const string Neighbours = "dev.slmops.figure.neighbours";
    internal const string TokensPerSecond = "dev.slmops.figure.tokens-per-second";
    internal const string PrefillTokensPerSecond = "dev.slmops.figure.prefill-tokens-per-second";
    internal const string PeakBytes = "dev.slmops.figure.peak-bytes";

    internal const string Version = "org.opencontainers.image.version";
    internal const string Created = "org.opencontainers.image.created";
    internal const string Title = "org.opencontainers.image.title";
    internal const string RefName = "org.opencontainers.image.ref.name";
    internal const string FilePath = "org.cncf.model.filepath";
    internal const string MediaTypeUntested = "org.cncf.model.file.mediatype.untested";
}
