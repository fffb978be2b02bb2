using Google.Protobuf;
using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Inspection;

public sealed class ModelInspectorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static GraphBuilder Small()
    {
        var b = new GraphBuilder();
        b.Input("x", GraphBuilder.Float, "batch", 32);
        b.Weight("w", Weights.Normal(new Random(1), 32 * 16, 1), 32, 16);
        b.Add("MatMul", ["x", "w"], "y");
        b.Output("y");
        return b;
    }

    private InspectionResult Inspect(GraphBuilder b, int files = 0, InspectionLimits? limits = null) =>
        ModelInspector.Inspect(b.Save(_folder.Path, files), limits ?? new(), CancellationToken.None);

    private ModelProblem Problem(GraphBuilder b, int files = 0, InspectionLimits? limits = null)
    {
        var result = Inspect(b, files, limits);
        Assert.Null(result.Facts);
        Assert.All(result.Problems, p => Assert.True(p.Message.Length > 10 && p.Cure.Length > 10));
        return result.Problems[0];
    }

    private ModelProblem ProblemOf(byte[] bytes)
    {
        File.WriteAllBytes(_folder.File("model.onnx"), bytes);
        return Assert.Single(ModelInspector.Inspect(_folder.File("model.onnx"), new(), CancellationToken.None).Problems);
    }

    [Fact]
    public void Inspect_UsableModel_ReadsFacts()
    {
        var facts = Inspect(Small(), files: 1).Facts!;
        Assert.Equal(8, facts.IrVersion);
        Assert.Equal("corpus", facts.Producer);
        Assert.Equal(17, facts.Opsets["ai.onnx"]);
        Assert.Equal(512, facts.Parameters);
        Assert.Equal(2048, facts.WeightBytes);
        var input = Assert.Single(facts.Inputs);
        Assert.Equal(("x", "float32", "batch,32"), (input.Name, input.ElementType, string.Join(',', input.Shape)));
        Assert.Equal(1, facts.Operators["MatMul"]);
        Assert.Equal(["data_0.bin"], facts.ExternalFiles);
    }

    [Fact]
    public void Inspect_TiedExternalBytes_CountOnce()
    {
        var b = Small();
        b.Weight("w2", Weights.Normal(new Random(1), 32 * 16, 1), 32, 16);
        b.Node("MatMul", ["x", "w2"]);
        b.Save(_folder.Path, 1);
        b.Graph.Initializer[1].ExternalData.Clear();
        b.Graph.Initializer[1].ExternalData.AddRange(b.Graph.Initializer[0].ExternalData);
        Assert.Equal(512, Inspect(b).Facts!.Parameters);
    }

    [Fact]
    public void Inspect_EmptyFile_SaysSo() => Assert.Equal("empty-file", ProblemOf([]).Code);

    [Theory]
    [InlineData("This is a text file, and not a model at all.")]
    [InlineData("PK\u0003\u0004zip")]
    [InlineData("{\"json\": true}")]
    public void Inspect_OtherFile_IsNotOnnx(string text) =>
        Assert.Equal("not-onnx", ProblemOf(System.Text.Encoding.UTF8.GetBytes(text)).Code);

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.99)]
    public void Inspect_CutFile_IsTruncated(double share)
    {
        var bytes = Small().Model.ToByteArray();
        Assert.Equal("truncated", ProblemOf(bytes[..(int)(bytes.Length * share)]).Code);
    }

    [Fact]
    public void Inspect_HugeLengthField_AllocatesNothing()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        // ir_version 8, then a graph that claims 2^31 - 1 bytes.
        Assert.Equal("truncated", ProblemOf([0x08, 0x08, 0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x0A]).Code);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void Inspect_ExternalDataMissing_NamesTensorAndFile()
    {
        var b = Small();
        b.Save(_folder.Path, 1);
        File.Delete(_folder.File("data_0.bin"));
        var problem = Problem(b);
        Assert.Equal("external-data-missing", problem.Code);
        Assert.Equal("data_0.bin", problem.File);
        Assert.Contains("'w'", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../secret.bin", "external-data-outside")]
    [InlineData("a/../../secret.bin", "external-data-outside")]
    [InlineData("/etc/passwd", "external-data-absolute")]
    [InlineData("C:\\data.bin", "external-data-absolute")]
    [InlineData("\\\\server\\share", "external-data-absolute")]
    [InlineData("", "external-data-malformed")]
    [InlineData(".", "external-data-missing")]
    public void Inspect_ExternalLocation_StaysInFolder(string location, string code)
    {
        var b = Small();
        b.Graph.Initializer[0].ClearRawData();
        GraphBuilder.External(b.Graph.Initializer[0], location, 0, 2048);
        Assert.Equal(code, Problem(b).Code);
    }

    [Fact]
    public void Inspect_ExternalBehindSymlink_IsRefused()
    {
        var outside = Path.GetTempFileName();
        File.WriteAllBytes(outside, new byte[4096]);
        File.CreateSymbolicLink(_folder.File("link.bin"), outside);
        var b = Small();
        b.Graph.Initializer[0].ClearRawData();
        GraphBuilder.External(b.Graph.Initializer[0], "link.bin", 0, 2048);
        Assert.Equal("external-data-symlink", Problem(b).Code);
        File.Delete(outside);
    }

    [Theory]
    [InlineData(4096, 2048)]
    [InlineData(long.MaxValue, 2048)]
    public void Inspect_ExternalPastEnd_IsRefused(long offset, long length)
    {
        var b = Small();
        b.Save(_folder.Path, 1);
        b.Graph.Initializer[0].ExternalData.Clear();
        GraphBuilder.External(b.Graph.Initializer[0], "data_0.bin", offset, length);
        Assert.Equal("external-data-past-end", Problem(b).Code);
    }

    [Fact]
    public void Inspect_ExternalOverlap_IsRefused()
    {
        var b = Small();
        b.Weight("w2", new float[512], 32, 16);
        b.Node("MatMul", ["x", "w2"]);
        b.Save(_folder.Path, 1);
        b.Graph.Initializer[1].ExternalData.Clear();
        GraphBuilder.External(b.Graph.Initializer[1], "data_0.bin", 1024, 2048);
        var problem = Problem(b);
        Assert.Equal("external-data-overlap", problem.Code);
        Assert.Contains("'w2'", problem.Message, StringComparison.Ordinal);
    }

    // Halves lie one by one in int32_data. All 512 are there, and what follows them: a last number that does not end, or one that is too long, is no number.
    [Theory]
    [InlineData(1, "ends inside a number")]
    [InlineData(11, "longer than ten bytes")]
    public void Inspect_TypedWeightWithABrokenNumber_IsRefused(int unfinished, string what)
    {
        var b = Small();
        var weight = b.Graph.Initializer[0];
        (weight.RawData, weight.DataType) = (ByteString.Empty, 10);
        weight.Int32Data.Add(Enumerable.Repeat(1, 512 + unfinished));
        var bytes = File.ReadAllBytes(b.Save(_folder.Path));
        var start = bytes.AsSpan().IndexOf(Enumerable.Repeat((byte)1, 512 + unfinished).ToArray());
        bytes.AsSpan(start + 512, unfinished).Fill(0x81);

        var problem = ProblemOf(bytes);

        Assert.Contains(problem.Code, (string[])["truncated", "not-onnx"]);
        Assert.Contains(what, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_SizeMismatch_NamesTensor()
    {
        var b = Small();
        b.Graph.Initializer[0].Dims[0] = 33;
        var problem = Problem(b);
        Assert.Equal("size-mismatch", problem.Code);
        Assert.Contains("'w'", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(long.MaxValue, 2L)]
    [InlineData(1L << 32, 1L << 32)]
    [InlineData(-1L, 16L)]
    public void Inspect_ShapeOverflow_IsRefused(long first, long second)
    {
        var b = Small();
        b.Graph.Initializer[0].Dims[0] = first;
        b.Graph.Initializer[0].Dims[1] = second;
        Assert.Equal("shape-overflow", Problem(b).Code);
    }

    [Fact]
    public void Inspect_DuplicateName_IsRefused()
    {
        var b = Small();
        b.Add("Relu", ["x"], "y");
        Assert.Equal("duplicate-name", Problem(b).Code);
    }

    [Fact]
    public void Inspect_DanglingName_IsRefused()
    {
        var b = Small();
        b.Node("Relu", ["nowhere"]);
        Assert.Equal("dangling-name", Problem(b).Code);
    }

    [Fact]
    public void Inspect_NoOutputs_IsRefused()
    {
        var b = Small();
        b.Graph.Output.Clear();
        Assert.Equal("no-outputs", Problem(b).Code);
    }

    [Fact]
    public void Inspect_Cycle_IsRefused()
    {
        var b = Small();
        b.Add("Add", ["x", "second"], "first");
        b.Add("Relu", ["first"], "second");
        Assert.Equal("cycle", Problem(b).Code);
    }

    [Fact]
    public void Inspect_CycleThroughSubgraph_IsRefused()
    {
        var b = Small();
        var body = new GraphProto { Name = "body" };
        b.Graph = body;
        b.Output(b.Node("Relu", ["late"]));
        b.Graph = b.Model.Graph;
        b.Weight("condition", [1], 1);
        var chosen = b.Node("If", ["condition"], GraphBuilder.Of("then_branch", body), GraphBuilder.Of("else_branch", body.Clone()));
        b.Add("Relu", [chosen], "late");
        Assert.Equal("cycle", Problem(b).Code);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(27)]
    public void Inspect_Opset_OutOfRangeIsRefused(int opset)
    {
        var b = Small();
        b.Model.OpsetImport[0].Version = opset;
        var problem = Problem(b);
        Assert.Equal("unsupported-opset", problem.Code);
        Assert.Contains("7 to 26", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_IrVersion_OutOfRangeIsRefused()
    {
        var b = Small();
        b.Model.IrVersion = 14;
        Assert.Equal("unsupported-ir", Problem(b).Code);
    }

    [Fact]
    public void Inspect_CustomDomain_IsRefused()
    {
        var b = Small();
        b.Domain("my.company", 1);
        b.Add("Magic", ["x"], "z").Domain = "my.company";
        var problem = Problem(b);
        Assert.Equal("unsupported-domain", problem.Code);
        Assert.Contains("my.company:Magic", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_UnknownOperator_IsRefused()
    {
        var b = Small();
        b.Node("Magic", ["x"]);
        Assert.Equal("unsupported-operator", Problem(b).Code);
    }

    [Fact]
    public void Inspect_ContribOperator_IsFine()
    {
        var b = Small();
        b.Domain("com.microsoft", 1);
        b.Add("FastGelu", ["x"], "z").Domain = "com.microsoft";
        Assert.Empty(Inspect(b).Problems);
    }

    [Fact]
    public void Inspect_TooManyNodes_StopsThere()
    {
        var b = Small();
        for (var i = 0; i < 30; i++)
        {
            b.Node("Relu", ["x"]);
        }

        Assert.Equal("too-many-nodes", Problem(b, limits: new() { MaxNodes = 20 }).Code);
    }

    [Theory]
    [InlineData(18)]
    [InlineData(200)]
    public void Inspect_FunctionsThatCallEachOtherTwice_CountsNodesAsTheRuntimeWillHaveThem(int functions)
    {
        // Few nodes as they are written; each function doubles what the one before it stands for.
        var b = Small();
        for (var i = 0; i < functions; i++)
        {
            var function = new FunctionProto { Name = $"F{i}", Domain = "local" };
            function.Input.Add("a");
            function.Output.Add("c");
            function.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = b.Opset });
            function.OpsetImport.Add(new OperatorSetIdProto { Domain = "local", Version = 1 });
            foreach (var (from, to) in (ReadOnlySpan<(string, string)>)[("a", "b"), ("b", "c")])
            {
                var node = new NodeProto { OpType = i == 0 ? "Relu" : $"F{i - 1}", Domain = i == 0 ? "" : "local" };
                node.Input.Add(from);
                node.Output.Add(to);
                function.Node.Add(node);
            }

            b.Model.Functions.Add(function);
        }

        b.Domain("local", 1);
        b.Add($"F{functions - 1}", ["x"], "called").Domain = "local";
        b.Output("called");

        var problem = Problem(b);

        Assert.Equal("too-many-nodes", problem.Code);
        Assert.Contains("functions", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(13, true)]
    [InlineData(12, false)]
    public void Inspect_FunctionCalledTwice_CountsItsNodesForEachCall(int most, bool accepted)
    {
        // A product and two calls, and five nodes of the function in each call's place: 3 + 2 · 5.
        var b = Small();
        var function = new FunctionProto { Name = "Five", Domain = "local" };
        function.Input.Add("n0");
        function.Output.Add("n5");
        function.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = b.Opset });
        for (var i = 0; i < 5; i++)
        {
            function.Node.Add(new NodeProto { OpType = "Relu", Input = { $"n{i}" }, Output = { $"n{i + 1}" } });
        }

        b.Model.Functions.Add(function);
        b.Domain("local", 1);
        b.Add("Five", ["x"], "first").Domain = "local";
        b.Add("Five", ["first"], "second").Domain = "local";
        b.Output("second");

        var result = Inspect(b, limits: new() { MaxNodes = most });

        Assert.Equal(accepted, result.Facts is not null);
        Assert.Equal(accepted ? [] : ["too-many-nodes"], result.Problems.Select(problem => problem.Code));
    }

    [Fact]
    public void Inspect_TooLarge_CountsExternalData() =>
        Assert.Equal("too-large", Problem(Small(), 1, new() { MaxModelBytes = 2000 }).Code);

    [Fact]
    public void Inspect_DeepNesting_StopsThere()
    {
        var b = Small();
        var inner = new GraphProto { Name = "g" };
        inner.Output.Add(GraphBuilder.Value("x", GraphBuilder.Float, null));
        for (var i = 0; i < 40; i++)
        {
            var outer = new GraphProto { Name = "g" };
            var node = new NodeProto { OpType = "If", Input = { "x" }, Output = { $"v{i}" } };
            node.Attribute.Add(GraphBuilder.Of("then_branch", inner));
            outer.Node.Add(node);
            outer.Output.Add(GraphBuilder.Value($"v{i}", GraphBuilder.Float, null));
            inner = outer;
        }

        b.Graph.Node.AddRange(inner.Node);
        Assert.Equal("too-deep", Problem(b).Code);
    }
}
