using System.Text.Json;

namespace SlmOps.Inference;

/// <summary>The few keys of a Hugging Face <c>config.json</c> that the graph may leave open; each may be missing.</summary>
internal sealed record ModelConfig(int? MaxPositions, int? KvHeads, int? HeadSize)
{
    private const int MaxFileBytes = 1 << 20;
    private static readonly ModelConfig Unknown = new(null, null, null);

    internal static ModelConfig Beside(string modelPath)
    {
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(modelPath))!, "config.json");
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            return Unknown;
        }

        if (file.Length > MaxFileBytes)
        {
            throw new ModelOpenException(
                "bad-config",
                modelPath,
                $"'{path}' has {file.Length} bytes; a model configuration has at most {MaxFileBytes}.");
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Read(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw new ModelOpenException("bad-config", modelPath, $"'{path}' is not JSON: {exception.Message}", exception);
        }
    }

    internal static ModelConfig Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return Unknown;
        }

        var heads = Int(root, "num_attention_heads") ?? Int(root, "n_head");
        var hidden = Int(root, "hidden_size") ?? Int(root, "n_embd");
        return new(
            Int(root, "max_position_embeddings") ?? Int(root, "n_positions"),
            Int(root, "num_key_value_heads") ?? heads,
            Int(root, "head_dim") ?? (hidden / heads));
    }

    private static int? Int(JsonElement root, string key) =>
        root.TryGetProperty(key, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt32(out var number)
        && number > 0
            ? number
            : null;
}
