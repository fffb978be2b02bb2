using System.Text.Json.Nodes;
using Google.Protobuf;
using SlmOps.Tests.Onnx;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>Every way in which an upload can be bad, and the codes that say so.</summary>
internal static class BadUploads
{
    private const string Data = "weights.bin";

    internal static readonly IReadOnlyDictionary<string, (Func<int, Upload> Make, string[] Codes)> All = new Dictionary<
        string,
        (Func<int, Upload>, string[])
    >
    {
        ["not-onnx"] = (seed => Broken(seed, _ => Upload.Text($"This is a letter, not a model. {seed}")), ["not-onnx"]),
        ["truncated"] = (seed => Broken(seed, bytes => bytes[..^100]), ["truncated"]),
        ["empty"] = (seed => Broken(seed, _ => []), ["empty-file"]),
        ["no-model"] = (seed => Mlp(seed).Without("model.onnx").With("readme.txt", []), ["model-missing"]),
        ["two-models"] = (seed => Mlp(seed).With("other.onnx", OnnxModels.Mlp(seed + 1).Bytes()), ["model-ambiguous"]),
        ["data-missing"] = (seed => External(seed, Data, _ => { }).Without(Data), ["external-data-missing"]),
        ["data-outside"] = (seed => External(seed, "../" + Data, _ => { }), ["external-data-outside"]),
        ["data-outside-deep"] = (seed => External(seed, "a/../../" + Data, _ => { }), ["external-data-outside"]),
        ["data-absolute"] = (seed => External(seed, "/etc/passwd", _ => { }), ["external-data-absolute"]),
        ["data-overlapping"] = (seed => External(seed, Data, model => Entry(model, 1, "offset").Value = "4"), ["external-data-overlap"]),
        ["data-past-end"] = (seed => External(seed, Data, model => Entry(model, 1, "offset").Value = "40000"), ["external-data-past-end"]),
        ["data-offset-huge"] = (
            seed => External(seed, Data, model => Entry(model, 0, "offset").Value = "9223372036854775807"),
            ["external-data-past-end"]),
        ["tensor-too-short"] = (
            seed => Changed(seed, model => model.Graph.Initializer[0].RawData = ByteString.CopyFrom(new byte[64])),
            ["size-mismatch"]),
        ["shape-overflows"] = (seed => Changed(seed, model => Shape(model, long.MaxValue, 4)), ["shape-overflow"]),
        ["shape-negative"] = (seed => Changed(seed, model => Shape(model, -64, 128)), ["shape-overflow"]),
        ["no-outputs"] = (seed => Changed(seed, model => model.Graph.Output.Clear()), ["no-outputs"]),
        ["cycle"] = (seed => Changed(seed, Cycle), ["cycle"]),
        ["a-million-nodes"] = (seed => Changed(seed, MillionNodes), ["too-many-nodes"]),
        ["opset-old"] = (seed => Changed(seed, model => model.OpsetImport[0].Version = 6), ["unsupported-opset"]),
        ["opset-future"] = (seed => Changed(seed, model => model.OpsetImport[0].Version = 99), ["unsupported-opset"]),
        ["operator-unknown"] = (seed => Changed(seed, model => model.Graph.Node[1].OpType = "Conjure"), ["unsupported-operator"]),
        ["manifest-not-json"] = (seed => Mlp(seed).With(Upload.Manifest, Upload.Text("{ \"variants\": [ }")), ["manifest-not-json"]),
        ["manifest-other-name"] = (seed => Mlp(seed).WithManifest(manifest => manifest["name"] = "somebody-else"), ["manifest-invalid"]),
        ["tokenizer-too-large"] = (seed => Language(seed).With("tokenizer.json", Models.Tokenizer(90)), ["tokenizer-mismatch"]),
        ["tokenizer-broken"] = (seed => Language(seed).With("tokenizer.json", Upload.Text("{}")), ["tokenizer-invalid"]),
        ["evaluation-missing"] = (seed => Language(seed).Without("eval.txt"), ["evaluation-text-missing"]),
        ["evaluation-named-missing"] = (
            seed => Language(seed).WithManifest(manifest => manifest["evaluation"] = new JsonObject { ["text"] = "other.txt" }),
            ["file-missing"]),
        ["evaluation-short"] = (seed => Language(seed).With("eval.txt", Upload.Text(Models.Evaluation(20))), ["evaluation-text-short"]),
        ["evaluation-binary"] = (seed => Language(seed).With("eval.txt", [0xff, 0xfe, 0x80]), ["evaluation-text-encoding"]),
        ["smoke-empty"] = (
            seed => Language(seed).With("smoke.json", Upload.Text("""{"maxNewTokens":8,"minAgreement":1,"prompts":[]}""")),
            ["smoke-invalid"]),
        ["path-unsafe"] = (seed => Mlp(seed).With("what?.txt", Upload.Text("x")), ["path-unsafe"]),
        ["file-too-large"] = (seed => Mlp(seed).With("big.bin", new byte[Platform.MaxFileBytes + 1]), ["file-too-large"]),
        ["too-many-files"] = (
            seed => Enumerable.Range(0, 260).Aggregate(Mlp(seed), (upload, index) => upload.With($"f{index}.txt", [])),
            ["too-many-files"]),
    };

    internal static (Upload Upload, string[] Codes) Make(string name)
    {
        var (make, codes) = All[name];
        var seed = 1000 + All.Keys.ToList().IndexOf(name);
        return (make(seed).Named($"bad-{name}", "1.0.0"), codes);
    }

    private static Upload Mlp(int seed) => Models.Mlp("bad", "1.0.0", seed, "int8");

    private static Upload Language(int seed) => Models.Decoder("bad", "1.0.0", seed, "int8");

    private static Upload Broken(int seed, Func<byte[], byte[]> damage) =>
        Mlp(seed).With("model.onnx", damage(OnnxModels.Mlp(seed).Bytes()));

    private static Upload Changed(int seed, Action<ModelProto> change) =>
        Mlp(seed).With("model.onnx", OnnxModels.Mlp(seed).Change(change).Bytes());

    private static Upload External(int seed, string location, Action<ModelProto> change)
    {
        var (model, data) = OnnxModels.External(seed, location);
        return Mlp(seed).With("model.onnx", model.Change(change).Bytes()).With(Data, data);
    }

    private static StringStringEntryProto Entry(ModelProto model, int tensor, string key) =>
        model.Graph.Initializer[tensor].ExternalData.Single(entry => entry.Key == key);

    private static void Shape(ModelProto model, params long[] shape)
    {
        model.Graph.Initializer[0].Dims.Clear();
        model.Graph.Initializer[0].Dims.AddRange(shape);
    }

    /// <summary>h needs r, and r needs h.</summary>
    private static void Cycle(ModelProto model)
    {
        model.Graph.Node[0].Input[0] = "r2";
        model.Graph.Node.Add(OnnxModels.Node("MatMul", ["r", "w3"], ["r2"]));
        var square = model.Graph.Initializer[1].Clone();
        square.Name = "w3";
        square.Dims.Clear();
        square.Dims.AddRange([128, 16]);
        model.Graph.Initializer.Add(square);
    }

    private static void MillionNodes(ModelProto model)
    {
        for (var index = 0; index < 1_000_000; index++)
        {
            model.Graph.Node.Add(OnnxModels.Node("Abs", ["x"], [$"{index:x}"]));
        }
    }
}
