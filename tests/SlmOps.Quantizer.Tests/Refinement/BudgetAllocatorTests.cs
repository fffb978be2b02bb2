using SlmOps.Quantizer.Refinement;

namespace SlmOps.Quantizer.Tests.Refinement;

public sealed class BudgetAllocatorTests
{
    private static readonly IReadOnlyList<StorageChoice>[] Weights =
    [
        [new(10, 8), new(20, 3), new(40, 1)],
        [new(10, 2), new(20, 1)],
    ];

    [Theory]
    [InlineData(20, 0, 0)]
    [InlineData(30, 1, 0)]
    [InlineData(40, 1, 1)]
    [InlineData(59, 2, 0)]
    [InlineData(60, 2, 1)]
    public void BySize_Budget_GoesWhereAByteSavesMost(long budget, int first, int second) =>
        Assert.Equal([first, second], BudgetAllocator.BySize(Weights, budget)!);

    [Fact]
    public void BySize_LessThanTheSmallest_IsNull() => Assert.Null(BudgetAllocator.BySize(Weights, 19));

    [Fact]
    public void BySize_MatchesEveryCombinationTriedInTurn()
    {
        var random = new Random(11);
        for (var round = 0; round < 50; round++)
        {
            // Halving costs for doubled bytes are convex, where the greedy answer at its own size is optimal.
            var weights = Enumerable.Range(0, 4).Select(_ =>
            {
                var (bytes, cost) = (random.Next(5, 20), random.NextDouble() * 10);
                return (IReadOnlyList<StorageChoice>)[new(bytes, cost), new(2 * bytes, cost / 2), new(4 * bytes, cost / 5)];
            }).ToList();
            var picks = BudgetAllocator.BySize(weights, 120);
            if (picks is null)
            {
                continue;
            }

            var used = picks.Select((p, i) => weights[i][p].Bytes).Sum();
            var cost = picks.Select((p, i) => weights[i][p].Cost).Sum();
            Assert.True(used <= 120);
            var best = Combinations(weights, 0, used).Min();
            Assert.True(cost <= best * 1.35, $"{cost} against {best}");
        }
    }

    [Fact]
    public void ByCost_Budget_StopsAsSoonAsItIsMet()
    {
        Assert.Equal([0, 0], BudgetAllocator.ByCost(Weights, 10));
        Assert.Equal([1, 0], BudgetAllocator.ByCost(Weights, 5));
        Assert.Equal([2, 1], BudgetAllocator.ByCost(Weights, 0));
    }

    private static IEnumerable<double> Combinations(List<IReadOnlyList<StorageChoice>> weights, int at, long left) =>
        at == weights.Count
            ? [0]
            : weights[at]
                .Where(c => c.Bytes <= left)
                .SelectMany(c => Combinations(weights, at + 1, left - c.Bytes).Select(rest => rest + c.Cost));
}
