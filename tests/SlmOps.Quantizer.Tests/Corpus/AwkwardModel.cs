using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>A model of two to four random layers, each with one of the features that quantizers trip over.</summary>
internal sealed class AwkwardModel
{
    private static readonly int[] Opsets = [9, 11, 12, 13, 15, 17, 18, 20, 21];
    private readonly Random _random;
    private readonly GraphBuilder _b;
    private int _width;

    internal AwkwardModel(int seed)
    {
        _random = new Random(seed);
        var opset = Opsets[_random.Next(Opsets.Length)];
        var old = opset < 13 && _random.Next(3) == 0;
        _b = new GraphBuilder(opset, old ? 3 : _random.Next(2) == 0 ? 7 : 8) { Unnamed = _random.Next(5) == 0 };
        Batch = 1 + _random.Next(3);
        Files = _random.Next(3) == 0 ? 1 + _random.Next(3) : 0;
        Build();
        if (old)
        {
            ListInitializers();
        }
    }

    internal GraphBuilder Builder => _b;

    internal int Batch { get; }

    internal int Files { get; }

    internal int Vocabulary { get; private set; }

    internal int InputWidth { get; private set; }

    /// <summary>True when the first input is a token matrix [batch, 3]; else floats [batch, 3, width].</summary>
    internal bool TakesTokens => Vocabulary > 0;

    internal List<string> Features { get; } = [];

    private int Width() => _random.Next(6) switch
    {
        0 => 32 * (1 + _random.Next(4)),
        1 => 33 + _random.Next(60),
        2 => 96,
        3 => 172,
        4 => 16,
        _ => 64,
    };

    private void Build()
    {
        _width = Width();
        string value;
        string? table = null;
        if (_random.Next(3) == 0)
        {
            Vocabulary = 40 + _random.Next(80);
            _b.Input("tokens", GraphBuilder.Int64, "batch", 3);
            table = _b.Weight(_b.Name("table"), Weights.Normal(_random, (long)Vocabulary * _width, 1), Vocabulary, _width);
            value = _b.Node("Gather", [table, "tokens"]);
            Features.Add("gather");
        }
        else
        {
            InputWidth = _width;
            _b.Input("x", GraphBuilder.Float, "batch", 3, _width);
            value = "x";
        }

        var layers = 1 + _random.Next(3);
        for (var i = 0; i < layers; i++)
        {
            value = AwkwardLayers.Add(_b, _random, value, ref _width, Features);
            if (_random.Next(2) == 0)
            {
                value = _b.Node("Tanh", [value]);
            }
        }

        if (table is not null && _random.Next(2) == 0)
        {
            value = Tie(value, table);
        }

        if (_random.Next(6) == 0)
        {
            AddTraining();
        }

        _b.Add("Identity", [value], "y");
        _b.Output("y");
    }

    // Runtimes skip it; it must come out as it went in.
    private void AddTraining()
    {
        Features.Add("training");
        var step = new GraphProto { Name = "step", Initializer = { GraphBuilder.Tensor("rate", [0.1f], 1) } };
        _b.Model.TrainingInfo.Add(new TrainingInfoProto { Algorithm = step });
    }

    private string Tie(string value, string table)
    {
        Features.Add("tied");
        var width = (int)_b.Graph.Initializer.First(t => t.Name == table).Dims[1];
        if (width != _width)
        {
            var bridge = _b.Weight(_b.Name("bridge"), Weights.Normal(_random, (long)_width * width, 1 / Math.Sqrt(_width)), _width, width);
            value = _b.Node("MatMul", [value, bridge]);
            _width = width;
        }

        var turned = _b.Node("Transpose", [table], GraphBuilder.Ints("perm", 1, 0));
        _width = Vocabulary;
        return _b.Node("MatMul", [value, turned]);
    }

    // IR version 3 wants every initializer of the main graph among the inputs.
    private void ListInitializers()
    {
        Features.Add("ir3");
        foreach (var tensor in _b.Model.Graph.Initializer)
        {
            _b.Model.Graph.Input.Add(GraphBuilder.Value(tensor.Name, tensor.DataType, [.. tensor.Dims.Select(d => (object)d)]));
        }
    }
}
