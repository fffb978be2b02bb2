namespace SlmOps.Quantizer.Refinement;

/// <summary>One way to store a weight: what it takes and what it costs in quality.</summary>
internal readonly record struct StorageChoice(long Bytes, double Cost);

/// <summary>
/// Picks one choice for each weight. Each weight's choices are reduced to those where the next bytes always buy less than
/// the ones before; then the best buys over all weights are taken in turn. For a budget that falls between two buys this
/// is optimal; else it is off by less than one buy. Pure and deterministic: ties go to the earlier weight.
/// </summary>
internal static class BudgetAllocator
{
    /// <returns>Index of the choice for each weight, or null when even the smallest choices exceed the budget.</returns>
    internal static int[]? BySize(IReadOnlyList<IReadOnlyList<StorageChoice>> weights, long budget) =>
        Allocate(weights, budget);

    /// <summary>The fewest bytes whose summed cost is at most the budget, or the least cost there is.</summary>
    internal static int[] ByCost(IReadOnlyList<IReadOnlyList<StorageChoice>> weights, double budget)
    {
        var hulls = weights.Select(Hull).ToList();
        var at = new int[weights.Count];
        var cost = hulls.Select((h, i) => weights[i][h[0]].Cost).Sum();
        foreach (var (weight, step, _, saved) in Buys(weights, hulls))
        {
            if (cost <= budget)
            {
                break;
            }

            at[weight] = step;
            cost -= saved;
        }

        return [.. at.Select((step, i) => hulls[i][step])];
    }

    private static int[]? Allocate(IReadOnlyList<IReadOnlyList<StorageChoice>> weights, long budget)
    {
        var hulls = weights.Select(Hull).ToList();
        var at = new int[weights.Count];
        var bytes = hulls.Select((h, i) => weights[i][h[0]].Bytes).Sum();
        if (bytes > budget)
        {
            return null;
        }

        var stopped = new bool[weights.Count];
        foreach (var (weight, step, more, _) in Buys(weights, hulls))
        {
            if (stopped[weight] || bytes + more > budget)
            {
                // A later buy of the same weight builds on this one, a buy of another weight may still fit.
                stopped[weight] = true;
                continue;
            }

            at[weight] = step;
            bytes += more;
        }

        return [.. at.Select((step, i) => hulls[i][step])];
    }

    private static IEnumerable<(int Weight, int Step, long More, double Saved)> Buys(
        IReadOnlyList<IReadOnlyList<StorageChoice>> weights, List<List<int>> hulls) =>
        hulls.SelectMany((hull, w) => Enumerable.Range(1, hull.Count - 1).Select(step =>
        {
            var (before, after) = (weights[w][hull[step - 1]], weights[w][hull[step]]);
            return (Weight: w, Step: step, More: after.Bytes - before.Bytes, Saved: before.Cost - after.Cost);
        }))
        .OrderByDescending(b => b.Saved / b.More).ThenBy(b => b.Weight).ThenBy(b => b.Step);

    // The lower convex hull of cost over bytes, from the smallest choice on.
    private static List<int> Hull(IReadOnlyList<StorageChoice> choices)
    {
        var order = Enumerable.Range(0, choices.Count).OrderBy(i => choices[i].Bytes).ThenBy(i => choices[i].Cost).ThenBy(i => i);
        var hull = new List<int>();
        foreach (var i in order)
        {
            var next = choices[i];
            if (hull.Count > 0 && (next.Cost >= choices[hull[^1]].Cost || next.Bytes == choices[hull[^1]].Bytes))
            {
                continue;
            }

            while (hull.Count > 1 && Slope(choices[hull[^2]], choices[hull[^1]]) <= Slope(choices[hull[^1]], next))
            {
                hull.RemoveAt(hull.Count - 1);
            }

            hull.Add(i);
        }

        return hull;
    }

    private static double Slope(StorageChoice a, StorageChoice b) => (a.Cost - b.Cost) / (b.Bytes - a.Bytes);
}
