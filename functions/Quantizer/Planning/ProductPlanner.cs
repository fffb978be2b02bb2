using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Recipes;
using SlmOps.Quantizer.Schemes;

namespace SlmOps.Quantizer.Planning;

/// <summary>Plans the recipes that put other nodes in the place of products and embeddings.</summary>
internal sealed class ProductPlanner(Recipe recipe, QuantizationOptions options, NameFilter filter, BitChooser bits, TensorPlaces places)
{
    private const int UsualBlock = 32;
    private static readonly int[] BlockSizes = [256, 128, 64, 32, 16];

    internal WeightPlan Plan(WeightEntry entry)
    {
        var reasons = new List<string>(entry.Blockers);
        // A replaceable or published value must stay; other blocked uses keep the float copy beside the quantized one.
        var fixedInPlace = entry.Source.IsInput || entry.Source.IsGraphOutput;
        var wanted = fixedInPlace ? [] : entry.Uses.Where(u => IsWanted(entry, u, reasons)).ToList();
        var products = wanted
            .GroupBy(u => (u.View.K, u.View.N, u.View.Transposed, u.View.Multiplier, ScaleType(u)))
            .Select(group => PlanGroup(entry, [.. group], reasons))
            .OfType<ProductPlan>()
            .ToList();
        var why = string.Join("; ", reasons.Distinct());
        return products.Count == 0
            ? WeightPlan.Left(entry, reasons.Count > 0 ? why : "nothing uses it")
            : new(entry, products, null, reasons.Count > 0 ? "also kept as it is: " + why : null);
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

    private ProductPlan? PlanGroup(WeightEntry entry, List<WeightUse> uses, List<string> reasons)
    {
        var tied = IsTable(uses) && uses.Exists(u => u.Kind != UseKind.Gather);
        var tables = options.Embeddings ?? (recipe.QuantizesTables || tied);
        if (!tables && uses.RemoveAll(u => u.Kind == UseKind.Gather) > 0)
        {
            reasons.Add($"recipe {recipe.Name} leaves embeddings in float");
        }

        if (uses.Count == 0)
        {
            return null;
        }

        return recipe.Form == WeightForm.Columns && !tied && uses[0].Kind != UseKind.Gather
            ? PlanColumns(entry, uses, reasons)
            : PlanBlocks(entry, uses, tied, reasons);
    }

    private ProductPlan? PlanBlocks(WeightEntry entry, List<WeightUse> uses, bool tied, List<string> reasons)
    {
        var view = uses[0].View;
        var choice = bits.Choose(entry, uses);
        var wanted = options.BlockSize ?? UsualBlock;
        var table = IsTable(uses);
        var size = table ? LargestDivisor(view.K, wanted) : wanted;
        if (size == 0)
        {
            reasons.Add($"its width {view.K} is no multiple of a block of 16");
            uses.RemoveAll(u => u.Kind == UseKind.Gather);
            if (uses.Count == 0)
            {
                return null;
            }

            size = wanted;
        }

        // Packed 4-bit zero points have another layout in the two operators, so a shared table does without them. So does one
        // with an odd number of blocks in a row: ONNX Runtime 1.23 packs those of a table on from row to row.
        var symmetricOnly = !uses.TrueForAll(use => places.HasPlaceForZeroPoints(use, entry.Source.Graph));
        var plain = symmetricOnly || (choice.Bits < 8 && (tied || (table && view.K / size % 2 == 1)));
        var symmetric = plain || (options.Symmetric ?? false);
        var scheme = new BlockScheme(choice.Bits, size, symmetric, options.Search, ScaleType(uses[0]))
        {
            AccuracyLevel = options.AccuracyLevel ?? BlockScheme.RoundedInputs,
        };
        if (scheme.TotalBytes(view.K, view.N) >= entry.Tensor.ByteLength)
        {
            reasons.Add("its quantized form would not be smaller");
            return null;
        }

        var open = options.Search && !recipe.ChoosesForms && choice.Bits < 8 && options.Symmetric is null && !plain;
        var reason = choice.Reason + (tied ? "; one table serves embedding and output" : "")
            + (symmetricOnly ? "; symmetric, because an If reads it that may or may not be decided when the model is opened" : "");
        return new(view, scheme, uses, open, reason) { SymmetricOnly = symmetricOnly };
    }

    private ProductPlan? PlanColumns(WeightEntry entry, List<WeightUse> uses, List<string> reasons)
    {
        var view = uses[0].View;
        if (ColumnScheme.TotalBytes(view.K, view.N) >= entry.Tensor.ByteLength)
        {
            reasons.Add("its quantized form would not be smaller");
            return null;
        }

        var scheme = new ColumnScheme(!options.SignedWeights && !options.ReduceRange, options.ReduceRange);
        return new(view, scheme, uses, OpenSymmetry: false, $"recipe {recipe.Name}");
    }

    private static bool IsTable(List<WeightUse> uses) => uses.Exists(u => u.Kind == UseKind.Gather);

    private static int LargestDivisor(int width, int most) =>
        BlockSizes.FirstOrDefault(s => s <= most && width % s == 0);

    // The CPU kernels compute in float32 or float16; other types are cast around the node.
    private static ElementType ScaleType(WeightUse use) => use.Type == ElementType.Float16 ? ElementType.Float16 : ElementType.Float;
}
