using SlmOps.Contracts;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Statements;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tests;

/// <summary>Small, fixed inputs.</summary>
internal static class Samples
{
    internal static readonly DateTimeOffset Created = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal static readonly VariantNeeds Needs = new(200_000_000, "1.22.0", ["avx2"]);

    internal static readonly VariantFigures Figures = new(13.8, 0.0272, 0.02748, 0.881, null, 210.5, 1600.25, 31_000_000);

    internal static VariantDescription Description(string variant = "int4") => new()
    {
        Model = "pydocs-slm",
        Version = "1.0.0",
        Variant = variant,
        Recipe = $"{variant}-b32-sym",
        CreatedAt = Created,
        Needs = Needs,
        Figures = Figures,
        Source = Digest.Of("source"u8),
        Architecture = "transformer",
        ParameterSize = "0.002b",
    };

    internal static TemporaryFolder ModelFolder(int seed = 1)
    {
        var weights = new byte[5000];
        new Random(seed).NextBytes(weights);
        return new TemporaryFolder()
            .With("model.onnx", "graph"u8.ToArray())
            .With("weights/L00.bin", weights)
            .With("weights/L01.bin", weights.Reverse().ToArray())
            .With("tokenizer.json", "{}")
            .With("LICENSE", "MIT");
    }

    /// <summary>Packs two variants and releases them.</summary>
    internal static async Task<(ReleaseRef Release, IReadOnlyList<VariantOffer> Variants)> ReleaseAsync(IBlobStore store, ISigningKey key)
    {
        using var small = ModelFolder(1);
        using var large = ModelFolder(2);
        VariantOffer[] variants =
        [
            await VariantPackager.PackAsync(small.Root, Description("int4"), store, Stop),
            await VariantPackager.PackAsync(large.Root, Description("fp32"), store, Stop),
        ];
        return (await ReleasePackager.WriteAsync("pydocs-slm", "1.0.0", Created, variants, store, key, Stop), variants);
    }

    internal static readonly ValidationOutcome Outcome = new(
        true, "Perplexity rose by 2.72 %; the policy allows 5 %.", ["perplexity", "kl"], [], Digest.Of("evaluation"u8));

    internal static readonly LabReading Lab = new(
        [
            new("native", ProcessorClass.X64V4Vnni, false, "passed", "KL 0.00353 against the original") { Top1 = 1, KlToOriginal = 0.00353 },
            new("haswell", ProcessorClass.X64V3, true, "differs", "KL 0.01708, where up to 0.00906 is right") { KlToOriginal = 0.01708 },
            new("cortex-a72", ProcessorClass.Arm64, true, "not-tried", "there is no qemu-aarch64"),
        ],
        "x86-64 v4, AVX-512 VNNI",
        Digest.Of("lab"u8));

    /// <summary>A release that was in the device lab, which failed it on one class.</summary>
    /// <param name="store">Takes it.</param>
    /// <param name="key">Signs it.</param>
    /// <param name="failed">Classes that its offer says it failed on.</param>
    internal static async Task<ReleaseRef> TriedReleaseAsync(IBlobStore store, ISigningKey key, params string[] failed)
    {
        using var folder = ModelFolder(1);
        var offer = await VariantPackager.PackAsync(folder.Root, Description(), store, Stop) with
        {
            PassedClasses = [ProcessorClass.X64V4Vnni],
            FailedClasses = [ProcessorClass.X64V3],
        };
        var attestations = await VariantAttestor.WriteAsync(offer, Description(), Outcome, Lab, store, key, Stop);
        return await ReleasePackager.WriteAsync(
            "pydocs-slm", "1.0.0", Created, [offer with { FailedClasses = failed }], attestations, store, key, Stop);
    }

    /// <summary>The same with all attestations.</summary>
    internal static async Task<ReleaseRef> AttestedReleaseAsync(IBlobStore store, ISigningKey key)
    {
        using var folder = ModelFolder(1);
        var description = Description() with
        {
            Family = "llama",
            Precision = "int4",
            Quantization = "matmulnbits-b32",
            Licenses = ["PSF-2.0"],
        };
        var offer = await VariantPackager.PackAsync(folder.Root, description, store, Stop);
        var attestations = await VariantAttestor.WriteAsync(offer, description, Outcome, store, key, Stop);
        return await ReleasePackager.WriteAsync("pydocs-slm", "1.0.0", Created, [offer], attestations, store, key, Stop);
    }
}
