using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.Inference.Tests.Graphs;

/// <summary>What a toy decoder takes and how it stores its numbers.</summary>
internal sealed record ToyDecoderForm
{
    internal TensorElementType TokenType { get; init; } = TensorElementType.Int64;

    internal TensorElementType FloatType { get; init; } = TensorElementType.Float;

    internal bool Cache { get; init; } = true;

    internal bool AttentionMask { get; init; } = true;

    internal bool PositionIds { get; init; } = true;

    internal bool CachePosition { get; init; }

    internal bool UseCacheBranch { get; init; }

    internal string? LogitsToKeep { get; init; }

    /// <summary>Leaves the vocabulary and the cache's head size without a number.</summary>
    internal bool OpenShapes { get; init; }

    internal string? ExtraInput { get; init; }
}

/// <summary>
/// A decoder whose logits are small whole numbers that plain code can predict: for the token at position s
/// logit[v] = Σ_{t≤s} E[x_t, v] + position·P[v] + (ones in the mask)·Q[v] + cache position·C[v] + (cache used)·R[v].
/// The cache holds the rows of E, so a wrong cache, position or mask shows in the logits.
/// </summary>
internal static class ToyDecoder
{
    internal const int Vocabulary = 4;

    private static readonly float[] E = [1, 0, 2, -1, 0, 3, 1, 0, -2, 1, 0, 4, 5, -1, 0, 1];
    private static readonly float[] P = [0, 1, 0, -1];
    private static readonly float[] Q = [1, 0, -1, 0];
    private static readonly float[] C = [0, 0, 1, 2];
    private static readonly float[] R = [3, 0, 0, -3];

    /// <summary>Logits of every given token when <paramref name="past"/> tokens are cached.</summary>
    internal static float[] Expected(ToyDecoderForm form, int[] all, int past)
    {
        var cached = form.Cache ? past : 0;
        var logits = new List<float>();
        for (var s = past; s < all.Length; s++)
        {
            for (var v = 0; v < Vocabulary; v++)
            {
                var sum = all.Take(s + 1).Sum(token => E[(token * Vocabulary) + v]);
                sum += form.PositionIds ? s * P[v] : 0;
                sum += form.AttentionMask ? all.Length * Q[v] : 0;
                sum += form.CachePosition ? s * C[v] : 0;
                sum += form.UseCacheBranch && cached > 0 ? R[v] : 0;
                logits.Add(sum);
            }
        }

        return [.. logits];
    }

    internal static string Save(ToyDecoderForm form, string folder, string name = "toy")
    {
        const long Float = (long)TensorElementType.Float;
        var graph = new OnnxGraph();
        object vocabulary = form.OpenShapes ? "vocabulary" : Vocabulary;
        object headSize = form.OpenShapes ? "head_size" : Vocabulary;
        if (form.Cache)
        {
            graph.Input("past_key_values.0.value", form.FloatType, "batch", 1, "past", headSize)
                .Output("present.0.value", form.FloatType, "batch", 1, "total", headSize)
                .Input("past_key_values.0.key", form.FloatType, "batch", 1, "past", headSize);
        }

        if (form.ExtraInput is { } extra)
        {
            graph.Input(extra, TensorElementType.Float, "batch", 3);
        }

        graph.Floats("E", [Vocabulary, Vocabulary], E).Longs("axis1", [1], 1).Longs("axis2", [1], 2).Longs("axis2_scalar", [], 2);
        graph
            .Node("Gather", ["E", "input_ids"], "embedding")
            .Node("Unsqueeze", ["embedding", "axis1"], "rows")
            .Node("CumSum", ["rows", "axis2_scalar"], "running");
        var sum = "running";
        if (form.Cache)
        {
            graph.Node("Cast", ["past_key_values.0.key"], "past", ("to", Float))
                .Node("ReduceSum", ["past", "axis2"], "past_sum")
                .Node("Add", ["running", "past_sum"], "total")
                .Node("Cast", ["rows"], "rows_stored", ("to", (long)form.FloatType))
                .Node("Concat", ["past_key_values.0.key", "rows_stored"], "present.0.key", ("axis", 2))
                .Node("Concat", ["past_key_values.0.value", "rows_stored"], "present.0.value", ("axis", 2));
            sum = "total";
        }

        var logits = "logits_0";
        graph.Node("Squeeze", [sum, "axis1"], logits);
        Term(form.AttentionMask, "attention_mask", TensorElementType.Int64, ["batch", "total"], "Q", Q, reduce: true);
        Term(form.PositionIds, "position_ids", form.TokenType, ["batch", "sequence"], "P", P);
        Term(form.CachePosition, "cache_position", TensorElementType.Int64, ["sequence"], "C", C);
        Term(form.UseCacheBranch, "use_cache_branch", TensorElementType.Bool, [1], "R", R);
        if (form.LogitsToKeep is { } keep)
        {
            graph.Input(keep, TensorElementType.Int64)
                .Longs("end", [1], long.MaxValue)
                .Node("Neg", [keep], "from_scalar").Longs("one", [1], 1).Node("Reshape", ["from_scalar", "one"], "from")
                .Node("Slice", [logits, "from", "end", "axis1"], "kept");
            logits = "kept";
        }

        graph.Node("Cast", [logits], "logits", ("to", (long)form.FloatType));
        if (form.Cache)
        {
            graph.Output("present.0.key", form.FloatType, "batch", 1, "total", headSize);
        }

        return graph
            .Input("input_ids", form.TokenType, "batch", "sequence")
            .Output("logits", form.FloatType, "batch", "rows", vocabulary)
            .Save(folder, name);

        // Adds input · weights to the logits; the input becomes a column per position first.
        void Term(bool wanted, string input, TensorElementType type, object[] shape, string weight, float[] weights, bool reduce = false)
        {
            if (!wanted)
            {
                return;
            }

            graph.Input(input, type, shape).Floats(weight, [1, 1, Vocabulary], weights)
                .Longs(weight + "_shape", [3], reduce ? [1, 1, 1] : [1, -1, 1])
                .Node("Cast", [input], weight + "_float", ("to", Float));
            var value = weight + "_float";
            if (reduce)
            {
                graph.Node("ReduceSum", [value], weight + "_sum");
                value = weight + "_sum";
            }

            var next = $"logits_{weight}";
            graph
                .Node("Reshape", [value, weight + "_shape"], weight + "_column")
                .Node("Mul", [weight + "_column", weight], weight + "_term")
                .Node("Add", [logits, weight + "_term"], next);
            logits = next;
        }
    }
}
