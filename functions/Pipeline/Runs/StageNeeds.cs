using SlmOps.Contracts;

namespace SlmOps.Pipeline.Runs;

/// <summary>What each stage needs of disk and memory, from the sizes of what it works on. Pure.</summary>
internal static class StageNeeds
{
    /// <summary>What the message of a stage needs; nothing when its work is done, or too early.</summary>
    internal static StageNeed Of(FlowStep step, string? variant, RunRows rows)
    {
        if (rows.Find<RunRecord>(RunRecord.Row) is not { Adapts: null } record || rows.Has(step.RowOf(variant)))
        {
            return StageNeed.None;
        }

        var built = rows.List<QuantizeResult>(QuantizeResult.Prefix);
        return step.Name switch
        {
            "quantize" => Quantize(record, variant),
            "validate" => Validate(record, built.FirstOrDefault(result => result.Variant == variant)),
            "lab" when built.FirstOrDefault(result => result.Variant == variant) is { Problems.Count: 0 } one => Validate(record, one),
            "package" when rows.List<ValidateResult>(ValidateResult.Prefix).Count >= record.Manifest.Variants.Count =>
                Package(record, built),
            _ => StageNeed.None,
        };
    }

    /// <summary>The weights are read from a copy, strip by strip; what is made goes to storage. The original is there already.</summary>
    private static StageNeed Quantize(RunRecord record, string? variant) =>
        record.Manifest.Variants.FirstOrDefault(planned => planned.Name == variant) is { Options: not null }
            ? new(ModelFiles.Of(record).Sum(file => file.Size), 0, "a copy of the original")
            : StageNeed.None;

    /// <summary>
    /// Both models lie on the disk, and one of them at a time in memory: less than its weights no process can run it with. What
    /// comes on top is for the limits of that process to find out.
    /// </summary>
    private static StageNeed Validate(RunRecord record, QuantizeResult? built)
    {
        if (built is not { Problems.Count: 0 })
        {
            return StageNeed.None;
        }

        var isOriginal = built.Recipe == VariantRequest.Original;
        var upload = record.Files.Sum(file => file.Size);
        var twin = record.NeedsFloat32Twin ? 2 * record.WeightBytes : 0;
        return new(
            upload + twin + built.Bytes,
            Math.Max(Math.Max(isOriginal ? 0 : record.WeightBytes, twin), built.Bytes),
            twin > 0 ? "the original, its float32 twin and the variant" : isOriginal ? "the original" : "the original and the variant");
    }

    /// <summary>One variant after the other, with the files that travel beside it.</summary>
    private static StageNeed Package(RunRecord record, IReadOnlyList<QuantizeResult> built) => new(
        built.Select(result => result.Bytes + ModelFiles.Companions(record, result.Files).Sum(file => file.Size)).DefaultIfEmpty().Max(),
        0,
        "the largest variant");
}
