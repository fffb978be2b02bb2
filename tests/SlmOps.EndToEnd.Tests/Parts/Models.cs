using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>Complete uploads of small models.</summary>
internal static class Models
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz";

    /// <summary>A model that is judged by its outputs.</summary>
    internal static Upload Mlp(string name, string version, int seed, params string[] variants) => Upload.Of(
        name, version,
        ("model.onnx", OnnxModels.Mlp(seed).Bytes()),
        (Upload.Manifest, Manifest(variants)));

    /// <summary>A model of two layers whose weights lie in a file of their own, in a folder of the upload.</summary>
    internal static Upload Layered(string name, string version, int seed, params string[] variants)
    {
        var (model, data) = OnnxModels.Layered(seed, "model.onnx.data");
        return Upload.Of(
            name,
            version,
            ("onnx/model.onnx", model.Bytes()),
            ("onnx/model.onnx.data", data),
            ("LICENSE", Upload.Text("Do as you like.")),
            (Upload.Manifest, Manifest(variants)));
    }

    /// <summary>A language model with tokenizer, evaluation text and smoke prompts.</summary>
    internal static Upload Decoder(string name, string version, int seed, params string[] variants) =>
        Upload.Of(
            name,
            version,
            ("model.onnx", OnnxModels.Decoder(seed).Bytes()),
            ("tokenizer.json", Tokenizer(Letters.Length)),
            ("eval.txt", Upload.Text(Evaluation(400))),
            (
                "smoke.json",
                Upload.Text(
                    """{"maxNewTokens":8,"minAgreement":0.75,"prompts":[{"text":"a","promptTokens":[3]},{"text":"bc","promptTokens":[4,5]}]}"""
                )),
            (Upload.Manifest, Manifest(variants)));

    internal static string Evaluation(int letters)
    {
        var text = new StringBuilder();
        for (var index = 0; index < letters; index++)
        {
            text.Append(Letters[index * 7 % Letters.Length]).Append(index % 6 == 5 ? " " : "");
        }

        return text.ToString();
    }

    /// <summary>A byte-level BPE tokenizer of single characters; further entries only make it larger.</summary>
    internal static byte[] Tokenizer(int letters)
    {
        var vocabulary = new JsonObject { ["<|end|>"] = 0, ["Ġ"] = 1, ["Ċ"] = 2 };
        for (var index = 0; index < letters; index++)
        {
            vocabulary[index < Letters.Length ? Letters[index].ToString() : $"more{index}"] = index + 3;
        }

        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true },
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        });
    }

    /// <summary>Two rings, labelled devices first; limits that weights of no meaning can keep.</summary>
    private static byte[] Manifest(IReadOnlyList<string> variants) => Upload.Text($$"""
        {
          "variants": [{{string.Join(", ", variants.Select(variant => $$"""{ "name": "{{variant}}", "recipe": "{{variant}}" }"""))}}],
          "acceptance": { "maxPerplexityIncrease": 5, "maxKl": 10, "minTop1Agreement": 0.5, "minSqnrDb": 5 },
          "rollout": {
            "rings": [ { "name": "lab", "selector": { "site": "lab" } }, { "name": "all" } ],
            "soakSeconds": 0,
            "deadlineSeconds": 60
          }
        }
        """);
}
