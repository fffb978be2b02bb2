using System.Globalization;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Schemes;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>
/// Recipe auto: measures every way to store each weight on a sample of its columns, then spends the budget where a byte
/// saves most of the model's error.
/// </summary>
internal sealed class AutoChooser(QuantizationOptions options, BlockWeightWriter writer)
{
    // Relative squared error of all weights together when no budget is given: about half of plain 4 bits.
    private const double DefaultErrorBudget = 0.003;

    // One strip of 64 columns in eight tells enough of a wide weight; of a narrow one, eight strips or all there are.
    private const int SampleEvery = 8;
    private const int LeastColumns = 8 * 64;

    private static readonly (int Bits, int Size, bool Symmetric)[] s_products =
    [
        (4, 16, false), (4, 32, false), (4, 32, true), (4, 64, false), (4, 128, false), (4, 128, true), (8, 32, false), (8, 128, false), (8, 128, true),
    ];

    private static readonly (int Bits, int Size, bool Symmetric)[] s_tables = [(8, 16, false), (8, 32, false), (8, 64, false), (8, 128, false)];

    private sealed record Option(BlockScheme? Scheme, long Bytes, double Error);

    internal void Choose(QuantizationPlan plan, CancellationToken cancellationToken)
    {
        DropCopies(plan);
        var heads = OutputHeads.Find(plan.Entries).ToHashSet();
        var weights = plan.Weights.ToList();
        var sensitivity = weights.Select(w => options.Calibration.GetValueOrDefault(w.Entry.Name)?.Sensitivity ?? Sensitivity.Of(w, heads)).ToList();
        var choices = weights.Select(w => Options(plan, w, cancellationToken)).ToList();
        var costs = choices.Select((list, i) => (IReadOnlyList<StorageChoice>)[.. list.Select(o => new StorageChoice(o.Bytes, o.Error * sensitivity[i]))]).ToList();
        var picks = Pick(plan, weights, costs, sensitivity.Sum());
        for (var i = 0; i < weights.Count; i++)
        {
            var picked = choices[i][picks[i]];
            var why = Why(choices[i], picked, sensitivity[i]);
            if (picked.Scheme is { } scheme)
            {
                weights[i].Scheme = scheme;
                weights[i].Reason = why;
            }
            else
            {
                plan.Weights.Remove(weights[i]);
                plan.Stays[weights[i].Entry.Tensor] = why;
            }
        }
    }

    private int[] Pick(QuantizationPlan plan, List<PlannedWeight> weights, List<IReadOnlyList<StorageChoice>> costs, double sensitivity)
    {
        if (options.SizeBudget is not { } size)
        {
            return BudgetAllocator.ByCost(costs, (options.ErrorBudget ?? DefaultErrorBudget) * sensitivity);
        }

        var changing = weights.Select(w => w.Entry.Tensor).ToHashSet();
        var fixedBytes = plan.Entries.Where(e => !changing.Contains(e.Tensor)).Sum(e => e.Tensor.ByteLength);
        return BudgetAllocator.BySize(costs, size - fixedBytes)
            ?? throw new ModelQuantizationException([Problems.BudgetTooSmall(size, fixedBytes + costs.Sum(c => c.Min(o => o.Bytes)))]);
    }

    private List<Option> Options(QuantizationPlan plan, PlannedWeight weight, CancellationToken cancellationToken)
    {
        var (k, n) = (weight.View.K, weight.View.N);
        var planned = (BlockScheme)weight.Scheme;
        var gather = weight.Uses.Exists(u => u.Kind == UseKind.Gather);
        // Candidates are compared without error feedback, which helps all of them and would take most of the time.
        var squares = options.Calibration.GetValueOrDefault(weight.Entry.Name)?.MeanSquares;
        var importance = new RowWeights(squares?.Length == k ? squares : null, null);
        var list = new List<Option>();
        foreach (var (bits, size, symmetric) in gather ? s_tables : s_products)
        {
            var scheme = planned with { Bits = bits, BlockSize = size, Symmetric = symmetric };
            if ((gather && k % size != 0) || (options.BlockSize is { } wanted && wanted != size)
                || (weight.SymmetricOnly ? !symmetric : options.Symmetric is { } forced && forced != symmetric) || scheme.TotalBytes(k, n) >= weight.Entry.Tensor.ByteLength)
            {
                continue;
            }

            var error = writer.Sample(weight.View, scheme, importance, null, Every(n), cancellationToken);
            TensorRewriter.RequireFinite(weight.Entry, error);
            list.Add(new Option(scheme, scheme.TotalBytes(k, n), error.Relative));
        }

        if (list.Count == 0)
        {
            list.Add(new Option(planned, planned.TotalBytes(k, n), writer.Sample(weight.View, planned, importance, null, Every(n), cancellationToken).Relative));
        }

        list.Add(new Option(null, weight.Entry.Tensor.ByteLength, 0));
        return list;
    }

    // A quantized copy beside float values that something else reads would add bytes and error and save neither.
    private static void DropCopies(QuantizationPlan plan)
    {
        foreach (var weight in plan.Weights.Where(w => plan.Stays.ContainsKey(w.Entry.Tensor)).ToList())
        {
            plan.Weights.Remove(weight);
            plan.Stays[weight.Entry.Tensor] = $"auto: a quantized copy would only add bytes; {plan.Stays[weight.Entry.Tensor]}";
        }
    }

    private static int Every(int n) => Math.Clamp(n / LeastColumns, 1, SampleEvery);

    private static string Why(List<Option> all, Option picked, double sensitivity)
    {
        var smallest = all.MinBy(o => o.Bytes)!;
        return picked == smallest
            ? string.Create(CultureInfo.InvariantCulture, $"auto: the smallest form; sensitivity {sensitivity:0.##}, error {picked.Error:0.#####}")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"auto: {picked.Bytes - smallest.Bytes} bytes more than the smallest form take the error from {smallest.Error:0.#####} to {picked.Error:0.#####}; sensitivity {sensitivity:0.##}");
    }
}
