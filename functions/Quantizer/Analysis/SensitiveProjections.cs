namespace SlmOps.Quantizer.Analysis;

/// <summary>
/// Finds the projections that low precision hurts most: the value projection of attention and the one that leads out of
/// the feed-forward block, in the first and last eighth of the layers and in every third between.
/// </summary>
internal static class SensitiveProjections
{
    private static readonly string[] Names =
    [
        "v_proj",
        "down_proj",
        "value_proj",
        "fc2",
        "ffn_down",
        "attn_v",
        "w2",
        "c_proj",
        "dense_4h_to_h",
        "qkv_proj",
        "c_attn",
        "query_key_value",
    ];

    internal static IEnumerable<WeightEntry> Find(IReadOnlyList<WeightEntry> entries)
    {
        foreach (var name in Names)
        {
            var layers = entries.Where(e => e.Uses.Count > 0 && NameParts.Has(e, name)).ToList();
            var rounded = (int)Math.Round(layers.Count / 8.0, MidpointRounding.AwayFromZero);
            for (var i = 0; i < layers.Count; i++)
            {
                if (i < layers.Count / 8 || i >= 7 * layers.Count / 8 || (i - rounded) % 3 == 2)
                {
                    yield return layers[i];
                }
            }
        }
    }
}

/// <summary>
/// Finds output layers: products whose result reaches an output of the main graph through nothing but shape and type changes.
/// </summary>
internal static class OutputHeads
{
    internal static IEnumerable<WeightEntry> Find(IReadOnlyList<WeightEntry> entries)
    {
        var graphs = entries.SelectMany(e => e.Uses).Select(u => u.Node.Graph).Distinct().ToList();
        foreach (var graph in graphs)
        {
            var names = graph.Outputs.Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
            // Backwards, so that one pass follows a whole chain.
            for (var i = graph.Nodes.Count - 1; i >= 0; i--)
            {
                var node = graph.Nodes[i];
                if (
                    node.Outputs.Exists(names.Contains)
                    && node.OpType
                        is "Cast"
                            or "Identity"
                            or "Add"
                            or "Reshape"
                            or "Squeeze"
                            or "Unsqueeze"
                            or "Slice"
                            or "Mul"
                            or "Div"
                            or "Tanh"
                            or "Softmax"
                            or "LogSoftmax")
                {
                    names.UnionWith(node.Inputs.Where(n => n.Length > 0));
                }
            }

            foreach (var entry in entries)
            {
                if (
                    entry.Uses.Exists(u =>
                        u.Node.Graph == graph && u.Kind != UseKind.Gather && u.Node.Outputs.Exists(names.Contains) && u.View.N > u.View.K))
                {
                    yield return entry;
                }
            }
        }
    }
}
