using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Schemes;

namespace SlmOps.Quantizer.Planning;

/// <summary>Decides what becomes of every weight. Pure: it reads the graph and the options, never a weight.</summary>
internal sealed class Planner(QuantizationOptions options, NameFilter filter, BitChooser bits, TensorPlaces places)
{
    private static readonly int[] s_blockSizes = [256, 128, 64, 32, 16];

    internal QuantizationPlan Plan(List<WeightEntry> entries)
    {
        var plan = new QuantizationPlan { Entries = entries };
        foreach (var entry in entries)
        {
            PlanEntry(plan, entry);
        }

        return plan;
    }

    private void PlanEntry(QuantizationPlan plan, WeightEntry entry)
    {
        var reasons = new List<string>(entry.Blockers);
        // A replaceable or published value must stay; other blocked uses keep the float copy beside the quantized one.
        var fixedInPlace = entry.Source.IsInput || entry.Source.IsGraphOutput;
        var wanted = fixedInPlace ? [] : entry.Uses.Where(u => IsWanted(entry, u, reasons)).ToList();
        var any = false;
        foreach (var group in wanted.GroupBy(u => (u.View.K, u.View.N, u.View.Transposed, u.View.Multiplier, ScaleType(u))))
        {
            any |= PlanGroup(plan, entry, [.. group], reasons);
        }

        if (!any)
        {
            plan.Stays[entry.Tensor] = reasons.Count > 0 ? string.Join("; ", reasons.Distinct()) : "nothing uses it";
        }
        else if (reasons.Count > 0)
        {
            plan.Stays[entry.Tensor] = "also kept as it is: " + string.Join("; ", reasons.Distinct());
        }
    }

    private bool IsWanted(WeightEntry entry, WeightUse use, List<string> reasons)
    {
        if (filter.Refusal(entry.Name, [use.Node.Name]) is { } refusal)
        {
            reasons.Add(refusal);
            return false;
        }

        return true;
    }

    private bool PlanGroup(QuantizationPlan plan, WeightEntry entry, List<WeightUse> uses, List<string> reasons)
    {
        var tied = uses.Exists(u => u.Kind == UseKind.Gather) && uses.Exists(u => u.Kind != UseKind.Gather);
        var embeddings = options.Embeddings ?? (bits.Embeddings || tied);
        if (!embeddings && uses.RemoveAll(u => u.Kind == UseKind.Gather) > 0)
        {
            reasons.Add($"recipe {options.Recipe} leaves embeddings in float");
        }

        if (uses.Count == 0)
        {
            return false;
        }

        if (options.Recipe == RecipeNames.Int8Dynamic && !tied && uses[0].Kind != UseKind.Gather)
        {
            return PlanColumns(plan, entry, uses, reasons);
        }

        var view = uses[0].View;
        var choice = bits.Choose(entry, view, uses);
        var gather = uses.Exists(u => u.Kind == UseKind.Gather);
        var size = gather ? LargestDivisor(view.K, choice.BlockSize) : choice.BlockSize;
        if (size == 0)
        {
            reasons.Add($"its width {view.K} is no multiple of a block of 16");
            uses.RemoveAll(u => u.Kind == UseKind.Gather);
            if (uses.Count == 0)
            {
                return false;
            }

            size = choice.BlockSize;
        }

        // Packed 4-bit zero points have another layout in the two operators, so a shared table does without them. So does one
        // with an odd number of blocks in a row: ONNX Runtime 1.23 packs those of a table on from row to row.
        var symmetricOnly = !uses.TrueForAll(use => places.HasPlaceForZeroPoints(use, entry.Source.Graph));
        var plain = symmetricOnly || (choice.Bits < 8 && (tied || (gather && size > 0 && view.K / size % 2 == 1)));
        var symmetric = plain || (choice.Symmetric ?? choice.DefaultSymmetric);
        var scheme = new BlockScheme(choice.Bits, size, symmetric, options.Search, ScaleType(uses[0]));
        if (scheme.TotalBytes(view.K, view.N) >= entry.Tensor.ByteLength)
        {
            reasons.Add("its quantized form would not be smaller");
            return false;
        }

        plan.Weights.Add(new PlannedWeight
        {
            Entry = entry,
            View = view,
            Scheme = scheme,
            Uses = uses,
            ChooseSymmetry = options.Search && options.Recipe != RecipeNames.Auto && choice.Bits < 8 && choice.Symmetric is null && !plain,
            SymmetricOnly = symmetricOnly,
            Reason = choice.Reason + (tied ? "; one table serves embedding and output" : "") + (symmetricOnly ? "; symmetric, because an If reads it that may or may not be decided when the model is opened" : ""),
        });
        return true;
    }

    private bool PlanColumns(QuantizationPlan plan, WeightEntry entry, List<WeightUse> uses, List<string> reasons)
    {
        var view = uses[0].View;
        if (ColumnScheme.TotalBytes(view.K, view.N) >= entry.Tensor.ByteLength)
        {
            reasons.Add("its quantized form would not be smaller");
            return false;
        }

        plan.Weights.Add(new PlannedWeight
        {
            Entry = entry,
            View = view,
            Scheme = new ColumnScheme(!options.SignedWeights && !options.ReduceRange, options.ReduceRange),
            Uses = uses,
            Reason = "recipe int8-dynamic",
        });
        return true;
    }

    private static int LargestDivisor(int width, int most) =>
        s_blockSizes.FirstOrDefault(s => s <= most && width % s == 0);

    // The CPU kernels compute in float32 or float16; other types are cast around the node.
    private static ElementType ScaleType(WeightUse use) => use.Type == ElementType.Float16 ? ElementType.Float16 : ElementType.Float;
}

/// <summary>Bits, block and symmetry for one weight.</summary>
/// <param name="Bits">4 or 8.</param>
/// <param name="BlockSize">Block size.</param>
/// <param name="Symmetric">Forced symmetry, or null when either will do.</param>
/// <param name="DefaultSymmetric">What to take when nothing else decides.</param>
/// <param name="Reason">Why.</param>
internal readonly record struct BitChoice(int Bits, int BlockSize, bool? Symmetric, bool DefaultSymmetric, string Reason);
