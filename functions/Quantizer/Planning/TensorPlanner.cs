using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Schemes;

namespace SlmOps.Quantizer.Planning;

/// <summary>Plans the recipes that change stored values and leave the operators as they are: fp16 and prune.</summary>
internal sealed class TensorPlanner(QuantizationOptions options, NameFilter filter)
{
    private const int FewElements = 256;

    internal QuantizationPlan Plan(List<WeightEntry> entries)
    {
        var plan = new QuantizationPlan { Entries = entries };
        foreach (var entry in entries)
        {
            if (Refusal(entry) is { } reason)
            {
                plan.Stays[entry.Tensor] = reason;
                continue;
            }

            WeightScheme scheme = options.Recipe == RecipeNames.Half ? new HalfScheme() : new PruneScheme();
            plan.Tensors.Add(new PlannedTensor(entry, scheme, entry.Uses.Find(u => u.Kind != UseKind.Gather)?.View, Why(entry)));
        }

        return plan;
    }

    private string? Refusal(WeightEntry entry)
    {
        if (entry.Source.IsInput)
        {
            return "a caller may replace it, because it is also a graph input";
        }

        if (filter.Refusal(entry.Name, entry.Uses.Select(u => u.Node.Name)) is { } refusal)
        {
            return refusal;
        }

        if (options.Recipe == RecipeNames.Half)
        {
            return entry.Tensor.Type != ElementType.Float ? $"it is {entry.Tensor.Type.Text()} already"
                : entry.Tensor.Elements < FewElements ? $"it has fewer than {FewElements} elements" : null;
        }

        return entry.Uses.Exists(u => u.Kind != UseKind.Gather) ? null
            : entry.Blockers.Count > 0 ? string.Join("; ", entry.Blockers.Distinct()) : "no product uses it";
    }

    private string Why(WeightEntry entry) => options.Recipe != RecipeNames.Half
        ? options.TwoOfFour ? "two of every four along the summed dimension" : $"the smallest {options.Sparsity:P0} of its values"
        : entry.Uses.Count > 0 && entry.Blockers.Count == 0 && entry.Uses.TrueForAll(u => u.Kind == UseKind.Gather)
            ? "rows are picked as half and cast" : "stored as half and cast back when the model loads";
}

/// <summary>The names that options leave in float.</summary>
internal sealed class NameFilter(QuantizationOptions options)
{
    internal string? Refusal(string weight, IEnumerable<string> nodes)
    {
        var names = nodes.Append(weight).ToList();
        return names.Exists(options.KeepFloat.Contains) ? "KeepFloat names it"
            : names.Exists(n => NamePattern.MatchesAny(options.Exclude, n, n)) ? "Exclude matches it"
            : options.Include.Count > 0 && !names.Exists(n => NamePattern.MatchesAny(options.Include, n, n)) ? "Include does not match it"
            : null;
    }
}
