using System.Globalization;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.Inference;

/// <summary>One half of a layer's cache: where it goes in, where it comes out, and the fixed part of its shape.</summary>
internal sealed record CachePort(string Past, string Present, TensorElementType Type, int Heads, int HeadSize);

/// <summary>
/// The inputs and outputs of a decoder export, read from the session's metadata alone. The names are the convention of
/// Hugging Face Optimum and onnxruntime-genai; their order does not matter.
/// </summary>
internal sealed record DecoderPorts(
    TensorPort Tokens,
    TensorPort? AttentionMask,
    TensorPort? PositionIds,
    TensorPort? CachePosition,
    TensorPort? UseCacheBranch,
    TensorPort? LogitsToKeep,
    TensorPort Logits,
    IReadOnlyList<CachePort> Cache)
{
    internal const string TokensName = "input_ids";
    internal const string LogitsName = "logits";
    private const string PastPrefix = "past_key_values.";
    private const string PresentPrefix = "present.";

    /// <exception cref="ModelOpenException">When the graph is no decoder, or one that this code cannot drive.</exception>
    internal static DecoderPorts Read(
        string modelPath,
        IReadOnlyDictionary<string, TensorPort> inputs,
        IReadOnlyDictionary<string, TensorPort> outputs,
        int? kvHeads = null,
        int? headSize = null)
    {
        var checks = new PortChecks(modelPath);
        if (!inputs.ContainsKey(TokensName) || !outputs.ContainsKey(LogitsName))
        {
            throw new ModelOpenException(
                "not-a-language-model",
                modelPath,
                $"'{modelPath}' is not a language model: it needs an input '{TokensName}' and an output '{LogitsName}'; it has inputs "
                    + $"{List(inputs.Keys)} and outputs {List(outputs.Keys)}."
            );
        }

        var ports = new DecoderPorts(
            checks.Integers(inputs[TokensName], rank: 2, openAxis: 1),
            Optional("attention_mask", port => checks.Integers(port, rank: 2, openAxis: 1)),
            Optional("position_ids", port => checks.Integers(port, rank: 2, openAxis: 1)),
            Optional("cache_position", port => checks.Integers(port, rank: 1, openAxis: 0)),
            Optional("use_cache_branch", checks.Flag),
            Optional("num_logits_to_keep", checks.Scalar) ?? Optional("logits_to_keep", checks.Scalar),
            checks.Logits(outputs[LogitsName]),
            CacheOf(checks, inputs, outputs, kvHeads, headSize));

        var known = ports.InputNames.ToHashSet(StringComparer.Ordinal);
        foreach (var name in inputs.Keys.Where(name => !known.Contains(name)))
        {
            throw checks.Unsupported(
                "unsupported-input",
                $"needs an input '{name}' {inputs[name].ShapeText} that a text decoder does not have. Export the model as text "
                    + "generation with past, or give that input a default in the graph."
            );
        }

        return ports;

        TensorPort? Optional(string name, Func<TensorPort, TensorPort> check) =>
            inputs.TryGetValue(name, out var port) ? check(port) : null;
    }

    private IEnumerable<string> InputNames =>
        new[] { Tokens, AttentionMask, PositionIds, CachePosition, UseCacheBranch, LogitsToKeep }
            .OfType<TensorPort>().Select(port => port.Name).Concat(Cache.Select(port => port.Past));

    private static List<CachePort> CacheOf(
        PortChecks checks,
        IReadOnlyDictionary<string, TensorPort> inputs,
        IReadOnlyDictionary<string, TensorPort> outputs,
        int? kvHeads,
        int? headSize)
    {
        var cache = new List<CachePort>();
        foreach (var past in inputs.Values
            .Where(port => IsPast(port.Name))
            .OrderBy(port => LayerOf(port.Name))
            .ThenBy(port => port.Name, StringComparer.Ordinal))
        {
            var present = PresentPrefix + past.Name[PastPrefix.Length..];
            if (!outputs.TryGetValue(present, out var output))
            {
                throw checks.Unsupported("unsupported-input", $"takes '{past.Name}' but gives no '{present}'. Export it with both.");
            }

            cache.Add(checks.Cache(past, output, kvHeads, headSize));
        }

        return cache;
    }

    /// <summary><c>past_key_values.N.key</c> or <c>.value</c>; encoder caches and the like have other names.</summary>
    private static bool IsPast(string name) =>
        name.StartsWith(PastPrefix, StringComparison.Ordinal)
        && LayerOf(name) is >= 0
        && (name.EndsWith(".key", StringComparison.Ordinal) || name.EndsWith(".value", StringComparison.Ordinal));

    private static int? LayerOf(string name)
    {
        var parts = name.Split('.');
        return parts.Length == 3 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var layer) ? layer : null;
    }

    private static string List(IEnumerable<string> names)
    {
        const int Shown = 8;
        var all = names.ToList();
        return all.Count == 0
            ? "(none)"
            : string.Join(", ", all.Take(Shown).Select(name => $"'{name}'")) + (all.Count > Shown ? $" and {all.Count - Shown} more" : "");
    }
}
