using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Inspection;

/// <summary>
/// Counts nodes as the runtime will have them: it puts the body of a function in the place of every call, so that a few
/// functions that call each other twice each make millions of a hundred.
/// </summary>
internal sealed class ExpansionChecker(OnnxModel model, InspectionLimits limits, ProblemList problems)
{
    internal void Check()
    {
        var index = new Dictionary<(string Domain, string Name), int>();
        for (var i = 0; i < model.Functions.Count; i++)
        {
            index[(model.Functions[i].Domain, model.Functions[i].Name)] = i;
        }

        if (index.Count == 0)
        {
            return;
        }

        // The last place is the main graph's.
        var main = model.Functions.Count;
        var own = new long[main + 1];
        var calls = new List<int>[main + 1];
        foreach (var graph in model.AllGraphs)
        {
            var place = graph.Root.Kind == GraphKind.Function ? index.GetValueOrDefault((graph.Root.Domain, graph.Root.Name), main) : main;
            own[place] += graph.Nodes.Count;
            var called = calls[place] ??= [];
            called.AddRange(
                graph.Nodes.Select(node => index.GetValueOrDefault((node.Domain, node.OpType), -1)).Where(callee => callee >= 0));
        }

        if (Expanded(main, own, calls) is var count && count > limits.MaxNodes)
        {
            problems.Add(Problems.TooManyExpandedNodes(count, limits.MaxNodes));
        }
    }

    /// <summary>Nodes of one place with all that it calls; callees first, without recursion. No function calls itself: that was checked before.</summary>
    private static long Expanded(int start, long[] own, List<int>?[] calls)
    {
        // Beyond this it is too many, whatever the limit, and sums still fit.
        const long Most = long.MaxValue / 4;
        var totals = new Dictionary<int, long>();
        var open = new Stack<int>([start]);
        while (open.TryPeek(out var place))
        {
            var called = calls[place] ?? [];
            var waiting = totals.ContainsKey(place) ? [] : called.Where(callee => !totals.ContainsKey(callee)).Distinct().ToList();
            if (waiting.Count > 0)
            {
                waiting.ForEach(open.Push);
                continue;
            }

            open.Pop();
            totals[place] = called.Aggregate(own[place], (sum, callee) => Math.Min(sum + totals[callee], Most));
        }

        return totals[start];
    }
}
