using System.Globalization;
using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Refinement;

/// <summary>
/// Chooses a form for each weight: measures every way to store it on a sample of its columns, then spends the budget where
/// a byte saves most of the model's error.
/// </summary>
internal sealed class BudgetChooser(QuantizationOptions options, ModelAnalysis analysis, BlockSlices slices)
{
    // Relative squared error of all weights together when no budget is given: about half of plain 4 bits.
    private const double DefaultErrorBudget = 0.003;

    // One strip of 64 columns in eight tells enough of a wide weight; of a narrow one, eight strips or all there are.
    private const int SampleEvery = 8;
    private const int LeastColumns = 8 * 64;

    private static readonly (int Bits, int Size, bool Symmetric)[] ProductChoices =
    [
        (4, 16, false),
        (4, 32, false),
        (4, 32, true),
        (4, 64, false),
        (4, 128, false),
        (4, 128, true),
        (8, 32, false),
        (8, 128, false),
        (8, 128, true),
    ];

    private static readonly (int Bits, int Size, bool Symmetric)[] TableChoices =
    [
        (8, 16, false),
        (8, 32, false),
        (8, 64, false),
        (8, 128, false),
    ];

    // One way to store a weight; without a scheme it stays in float.
    private sealed record Candidate(BlockScheme? Scheme, long Bytes, double Error);

    private sealed record Choosing(WeightEntry Entry, ProductPlan Product, double Sensitivity, List<Candidate> Candidates)
    {
        internal IReadOnlyList<StorageChoice> Costs => [.. Candidates.Select(c => new StorageChoice(c.Bytes, c.Error * Sensitivity))];
    }

    internal QuantizationPlan Choose(QuantizationPlan plan, CancellationToken cancellationToken)
    {
        var name = plan.Recipe.Name;
        var weights = plan.Weights.Select(weight => WithoutCopies(weight, name)).ToList();
        var choosing = weights
            .SelectMany(weight => weight.Products.Select(product => new Choosing(
                weight.Entry, product, SensitivityOf(weight.Entry), Candidates(weight.Entry, product, cancellationToken))))
            .ToList();
        var picks = Pick(weights, choosing);
        var picked = choosing
            .Zip(picks, (weight, pick) => (Weight: weight, Candidate: weight.Candidates[pick]))
            .ToLookup(choice => choice.Weight.Entry);
        return plan with
        {
            Weights = [.. weights.Select(weight => weight.Products.Count == 0 ? weight : Chosen(weight, [.. picked[weight.Entry]], name))],
        };
    }

    private static WeightPlan Chosen(WeightPlan weight, List<(Choosing Weight, Candidate Candidate)> choices, string name)
    {
        var products = new List<ProductPlan>();
        var stays = weight.Stays;
        foreach (var ((_, product, sensitivity, candidates), picked) in choices)
        {
            var why = $"{name}: {Why(candidates, picked, sensitivity)}";
            if (picked.Scheme is { } scheme)
            {
                products.Add(product with { Scheme = scheme, Reason = why });
            }
            else
            {
                stays = why;
            }
        }

        return weight with { Products = products, Stays = stays };
    }

    private int[] Pick(List<WeightPlan> weights, List<Choosing> choosing)
    {
        List<IReadOnlyList<StorageChoice>> costs = [.. choosing.Select(weight => weight.Costs)];
        if (options.SizeBudget is not { } size)
        {
            return BudgetAllocator.ByCost(costs, (options.ErrorBudget ?? DefaultErrorBudget) * choosing.Sum(weight => weight.Sensitivity));
        }

        var fixedBytes = weights.Where(weight => weight.Products.Count == 0).Sum(weight => weight.Entry.Tensor.ByteLength);
        return BudgetAllocator.BySize(costs, size - fixedBytes)
            ?? throw new ModelQuantizationException([Problems.BudgetTooSmall(size, fixedBytes + costs.Sum(c => c.Min(o => o.Bytes)))]);
    }

    private double SensitivityOf(WeightEntry entry) =>
        options.Calibration.GetValueOrDefault(entry.Name)?.Sensitivity ?? Sensitivity.Of(entry, analysis.Heads);

    private List<Candidate> Candidates(WeightEntry entry, ProductPlan product, CancellationToken cancellationToken)
    {
        var (k, n) = (product.View.K, product.View.N);
        var planned = (BlockScheme)product.Scheme;
        // Candidates are compared without error feedback, which helps all of them and would take most of the time.
        var squares = options.Calibration.GetValueOrDefault(entry.Name)?.MeanSquares;
        var importance = new RowWeights(squares?.Length == k ? squares : null, null);
        var list = new List<Candidate>();
        foreach (var (bits, size, symmetric) in product.IsTable ? TableChoices : ProductChoices)
        {
            var scheme = planned with { Bits = bits, BlockSize = size, Symmetric = symmetric };
            if (
                (product.IsTable && k % size != 0)
                || (options.BlockSize is { } wanted && wanted != size)
                || (product.SymmetricOnly ? !symmetric : options.Symmetric is { } forced && forced != symmetric)
                || scheme.TotalBytes(k, n) >= entry.Tensor.ByteLength)
            {
                continue;
            }

            var error = slices.Sample(product.View, scheme, importance, null, Every(n), cancellationToken);
            error.RequireFinite(entry.Name);
            list.Add(new(scheme, scheme.TotalBytes(k, n), error.Relative));
        }

        if (list.Count == 0)
        {
            list.Add(
                new(
                    planned,
                    planned.TotalBytes(k, n),
                    slices.Sample(product.View, planned, importance, null, Every(n), cancellationToken).Relative));
        }

        list.Add(new(null, entry.Tensor.ByteLength, 0));
        return list;
    }

    // A quantized copy beside float values that something else reads would add bytes and error and save neither.
    private static WeightPlan WithoutCopies(WeightPlan weight, string name) => weight.Products.Count == 0 || weight.Stays is null
        ? weight
        : WeightPlan.Left(weight.Entry, $"{name}: a quantized copy would only add bytes; {weight.Stays}");

    private static int Every(int n) => Math.Clamp(n / LeastColumns, 1, SampleEvery);

    private static string Why(List<Candidate> all, Candidate picked, double sensitivity)
    {
        var smallest = all.MinBy(o => o.Bytes)!;
        return picked == smallest
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"the smallest form; sensitivity {sensitivity:0.##}, error {picked.Error:0.#####}")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{picked.Bytes - smallest.Bytes} bytes more than the smallest form take the error from {smallest.Error:0.#####} to "
                    + $"{picked.Error:0.#####}; sensitivity {sensitivity:0.##}"
            );
    }
}
