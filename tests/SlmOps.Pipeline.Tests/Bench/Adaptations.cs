using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Tests.Bench;

/// <summary>Adaptations of a small base that is released.</summary>
internal static class Adaptations
{
    internal const string Config = "generation_config.json";

    /// <summary>Releases a base, uploads an adaptation of it and brings it to its stage.</summary>
    internal static async Task<RunKey> ArriveAsync(StageBench bench, string name, params (string Path, byte[] Bytes)[] files)
    {
        await bench.ArriveAsync("rollout-start", Models.Decoder($"{name}-base", "1", 72, "int8")
            .With("model.onnx", OnnxModels.Adaptable(72).Bytes())
            .With(Config, Upload.Text("""{"max_new_tokens":64,"top_k":5}""")));
        (string, byte[])[] own = files.Length > 0 ? files : [("adapters/site.onnx_adapter", OnnxModels.Adapter(7))];
        return await bench.ArriveAsync("adapt", Upload.Of(
            name, "1", [.. own, (Upload.Manifest, Upload.Text($$"""{ "adapts": { "model": "{{name}}-base", "version": "1" } }"""))]));
    }
}
