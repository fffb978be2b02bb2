using System.Security.Cryptography;
using SlmOps.Contracts;
using SlmOps.Packaging.Sharding;

namespace SlmOps.Packaging.Tests.Sharding;

public sealed class WrittenShardsTests
{
    private const string Data = "model.onnx.data";
    private const long Page = 64 << 10;

    // Two blocks whose small tensors come first and between, an embedding before and a head behind them.
    private static readonly Tensor[] Model =
    [
        new("embed", null, "weights/embed.bin", (2 * Page) + 3),
        new("layers.0.norm", null, "weights/L00.bin", 512),
        new("onnx::MatMul_7", "/model/layers.0/q/MatMul", "weights/L00.bin", Page),
        new("layers.0.bias", null, "weights/L00.bin", 100),
        new("layers.0.k", null, "weights/L00.bin", Page + 1),
        new("layers.1.q", null, "weights/L01.bin", 3 * Page),
        new("layers.1.norm", null, "weights/L01.bin", 512),
        new("norm", null, "weights/head.bin", 512),
        new("lm_head", null, "weights/head.bin", Page + 64),
    ];

    [Theory]
    [InlineData(1000)]
    [InlineData(1 << 20)]
    public void Complete_TensorsInTheGraphsOrder_AllAreKnown(int chunk)
    {
        var (plan, expected) = Plan(Model);
        using var written = new WrittenShards();
        Write(written, Model, chunk);

        var known = written.Complete(Data, plan);

        Assert.Equal(expected.OrderBy(one => one.Key), known.OrderBy(one => one.Key));
    }

    [Fact]
    public void Complete_NamesThatMislead_AreUnknownOrRightNeverWrong()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var model = Model.Select(tensor => random.Next(3) == 0 ? tensor with { Origin = "layers.1.other", Consumer = null } : tensor)
                .ToArray();
            var (plan, expected) = Plan(model);
            using var written = new WrittenShards();
            Write(written, model, 5000);

            Assert.All(written.Complete(Data, plan), one => Assert.Equal(expected[one.Key], one.Value));
        }
    }

    [Fact]
    public void Complete_GraphInAnotherOrder_KnowsNoneThatDiffers()
    {
        var (plan, expected) = Plan([.. Model.Reverse()], places: Model);
        using var written = new WrittenShards();
        Write(written, Model, 5000);

        var known = written.Complete(Data, plan);

        Assert.DoesNotContain("weights/L00.bin", known.Keys);
        Assert.Contains("weights/L01.bin", known.Keys);
        Assert.All(known, one => Assert.Equal(expected[one.Key], one.Value));
    }

    [Fact]
    public void Complete_PiecesOfAnotherFile_AreUnknown()
    {
        using var written = new WrittenShards();
        Write(written, Model, 5000);

        Assert.Empty(written.Complete("other.data", Plan(Model).Plan));
    }

    private static byte[] Bytes(Tensor tensor)
    {
        var bytes = new byte[tensor.Length];
        new Random((int)tensor.Length).NextBytes(bytes);
        return bytes;
    }

    private static Dictionary<Tensor, long> Offsets(IEnumerable<Tensor> model)
    {
        var offsets = new Dictionary<Tensor, long>();
        long at = 0;
        foreach (var tensor in model)
        {
            at = (at + 63) / 64 * 64;
            offsets.Add(tensor, at);
            at += tensor.Length;
        }

        return offsets;
    }

    private static void Write(WrittenShards written, Tensor[] model, int chunk)
    {
        long at = 0;
        foreach (var (tensor, offset) in Offsets(model))
        {
            written.Append(new byte[offset - at]);
            written.Begin(tensor.Origin, tensor.Consumer, offset, tensor.Length);
            foreach (var part in Bytes(tensor).Chunk(chunk))
            {
                written.Append(part);
            }

            at = offset + tensor.Length;
        }
    }

    /// <summary>The shard rule: large ones first on pages, then the small ones on lines, each in the graph's order.</summary>
    private static (ShardedModel Plan, Dictionary<string, Digest> Digests) Plan(Tensor[] graph, Tensor[]? places = null)
    {
        var offsets = Offsets(places ?? graph);
        var shards = new List<WeightShard>();
        var digests = new Dictionary<string, Digest>();
        foreach (var group in graph.GroupBy(tensor => tensor.Shard))
        {
            var pieces = new List<ShardPiece>();
            using var content = new MemoryStream();
            foreach (var tensor in group.OrderBy(tensor => tensor.Length < Page))
            {
                var alignment = tensor.Length < Page ? 64 : Page;
                content.SetLength((content.Length + alignment - 1) / alignment * alignment);
                content.Position = content.Length;
                pieces.Add(new(Data, offsets[tensor], content.Position, tensor.Length));
                content.Write(Bytes(tensor));
            }

            shards.Add(new(group.Key, pieces));
            digests.Add(group.Key, Digest.FromHash(SHA256.HashData(content.ToArray())));
        }

        return (new(Array.Empty<byte>(), shards, [Data], null), digests);
    }

    private sealed record Tensor(string Origin, string? Consumer, string Shard, long Length);
}
