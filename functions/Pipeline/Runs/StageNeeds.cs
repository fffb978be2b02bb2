using SlmOps.Contracts;

namespace SlmOps.Pipeline.Runs;

/// <summary>
/// What each stage needs of disk and memory, from the sizes of what it works on. The quantizer and packaging work on what lies in
/// storage, and need no more than any stage. Pure.
/// </summary>
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
            "validate" => Validate(record, built.FirstOrDefault(result => result.Variant == variant)),
            "lab" when built.FirstOrDefault(result => result.Variant == variant) is { Problems.Count: 0 } one => Validate(record, one),
            _ => StageNeed.None,
        };
    }

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
}
