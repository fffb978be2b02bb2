using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Inspection;

internal static class FactsReader
{
    private const int MostWarnings = 20;

    internal static ModelFacts Read(InspectedModel inspected)
    {
        var model = inspected.Model!;
        var graph = model.Graph!;
        var initializers = graph.Initializers.Select(t => t.Name).Concat(graph.SparseInitializers).ToHashSet(StringComparer.Ordinal);
        var operators = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var quantized = 0;
        foreach (var node in model.AllGraphs.SelectMany(g => g.Nodes))
        {
            var name = node.IsStandard ? node.OpType : $"{node.Domain}:{node.OpType}";
            operators[name] = operators.GetValueOrDefault(name) + 1;
            quantized += IsQuantized(node.OpType) ? 1 : 0;
        }

        var tables = new IndexedTables(inspected);
        var weights = Weights(model).ToList();
        return new()
        {
            IrVersion = model.IrVersion,
            Producer = $"{model.Producer} {model.ProducerVersion}".Trim(),
            Opsets = Opsets(model),
            Parameters = weights.Where(w => w.Type.IsWeight() || w.Type == ElementType.Double).Sum(w => w.Elements),
            WeightBytes = weights.Sum(w => w.ByteLength),
            GraphBytes = inspected.File.Length,
            Nodes = model.AllGraphs.Sum(g => g.Nodes.Count),
            Inputs =
            [
                .. graph
                    .Inputs.Where(i => !initializers.Contains(i.Name))
                    .Select(i => Port(i) with { Rows = IsIndex(i) ? tables.Rows(i.Name) : null }),
            ],
            Outputs = [.. graph.Outputs.Select(Port)],
            Operators = operators,
            Weights =
            [
                .. weights.GroupBy(w => w.Type)
                    .Select(g => new WeightGroup(g.Key.Text(), g.Count(), g.Sum(w => w.Elements), g.Sum(w => w.ByteLength)))
                    .OrderByDescending(g => g.Bytes).ThenBy(g => g.ElementType, StringComparer.Ordinal),
            ],
            ExternalFiles = [.. inspected.Files.Found.Select(f => f.Location)],
            Architecture = Architecture(model, operators),
            QuantizedNodes = quantized,
            Warnings = Warnings(model),
        };
    }

    private static List<RuntimeWarning> Warnings(OnnxModel model)
    {
        var index = new ValueIndex(model);
        var needs = new StandingNeeds(model, index, new BranchFolding(model, index)).Find(_ => false, _ => false);
        return
        [
            .. needs.Select(need => new RuntimeWarning(need.From.ToString(3), need.Text))
                .Concat(new SuspectProducts(model, index).Find().Select(text => new RuntimeWarning("", text)))
                .Take(MostWarnings),
        ];
    }

    private static SortedDictionary<string, long> Opsets(OnnxModel model)
    {
        var opsets = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (domain, version) in model.Opsets)
        {
            opsets[domain.Length == 0 ? "ai.onnx" : domain] = version;
        }

        return opsets;
    }

    // Tied tensors that share the same bytes of an external file count once.
    private static IEnumerable<OnnxTensor> Weights(OnnxModel model)
    {
        var seen = new HashSet<(string, long, long)>();
        foreach (var graph in model.AllGraphs)
        {
            var constants = graph.Nodes.Where(n => n.Is("Constant"))
                .SelectMany(n => n.Attributes).Select(a => a.Tensor).OfType<OnnxTensor>();
            foreach (var tensor in graph.Initializers.Where(t => !t.IsRepeat).Concat(constants))
            {
                if (tensor.Storage != Storage.External
                    || seen.Add((tensor.External!.Location, tensor.External.Offset, tensor.ByteLength)))
                {
                    yield return tensor;
                }
            }
        }
    }

    private static GraphPort Port(OnnxValue value) =>
        new(value.Name, value.TypeText, value.Shape is null ? ["?"] : [.. value.Shape.Select(d => d.ToString())]);

    private static bool IsIndex(OnnxValue value) => value.Type is ElementType.Int32 or ElementType.Int64;

    private static bool IsQuantized(string opType) =>
        opType
            is "MatMulNBits"
                or "GatherBlockQuantized"
                or "MatMulInteger"
                or "ConvInteger"
                or "QLinearMatMul"
                or "QLinearConv"
                or "DynamicQuantizeMatMul"
                or "MatMulIntegerToFloat"
                or "DequantizeLinear"
                or "QAttention"
                or "DynamicQuantizeLSTM"
                or "MatMulBnb4";

    private static string Architecture(OnnxModel model, SortedDictionary<string, int> operators)
    {
        var inputs = model.Graph!.Inputs.Select(i => i.Name).ToList();
        var cache = inputs.Count(i =>
            i.StartsWith("past_key_values", StringComparison.Ordinal) && i.EndsWith("key", StringComparison.Ordinal));
        var attention = operators.Keys.FirstOrDefault(o =>
            o is "com.microsoft:GroupQueryAttention" or "com.microsoft:MultiHeadAttention" or "com.microsoft:Attention" or "Attention");
        var kind =
            cache > 0 ? $"decoder with a key-value cache, {cache} layers"
            : inputs.Contains("input_ids") ? "text model without a cache"
            : operators.ContainsKey("Conv") ? "convolutional network"
            : operators.ContainsKey("LSTM") || operators.ContainsKey("GRU") ? "recurrent network"
            : operators.ContainsKey("MatMul") || operators.ContainsKey("Gemm") ? "dense network" : "graph without weights to multiply";
        return attention is null ? kind : $"{kind}, {attention}";
    }
}
