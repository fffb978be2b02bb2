using System.Security.Cryptography;
using SlmOps.Contracts;
using SlmOps.Packaging.Sharding;

namespace SlmOps.Packaging.Tests.Sharding;

public sealed class ShardHasherTests
{
    private const string File = "model.onnx.data";
    private static readonly string Sample = Path.Combine(RepositoryRoot.Path, "infra", "samples", "pydocs-slm");

    [Fact]
    public async Task Complete_SampleModelReadOnce_IsEveryShardsDigest()
    {
        var graph = await System.IO.File.ReadAllBytesAsync(Path.Combine(Sample, "model.onnx"), Stop);
        var plan = WeightSharder.Plan(graph, file => new FileInfo(Path.Combine(Sample, file)).Length);
        using var hasher = new ShardHasher(plan.Shards);
        foreach (var file in plan.Moved)
        {
            Feed(hasher, file, await System.IO.File.ReadAllBytesAsync(Path.Combine(Sample, file), Stop), 12345);
        }

        var digests = hasher.Complete();

        var packed = await WeightSharder.ReadAsync(Sample, "model.onnx", Stop);
        Assert.Equal(plan.Shards.Count, digests.Count);
        Assert.All(plan.Shards, shard =>
        {
            using var content = packed.Files.Single(file => file.Path == shard.Path).Open();
            Assert.Equal(shard.Size, content.Length);
            Assert.Equal(Digest.FromHash(SHA256.HashData(content)), digests[shard.Path]);
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Complete_PiecesInAnyOrderWithGapsAndSharedOnes_IsTheShardsDigest(int chunk)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var bytes = new byte[2000];
            random.NextBytes(bytes);
            var shards = Enumerable.Range(0, 3).Select(index => Shuffled($"weights/L0{index}.bin", bytes.Length, random)).ToList();
            using var hasher = new ShardHasher(shards);
            Feed(hasher, File, bytes, chunk);

            var digests = hasher.Complete();

            Assert.All(shards, shard => Assert.Equal(Digest.Of(Content(shard, bytes)), digests[shard.Path]));
        }
    }

    [Fact]
    public void Complete_PieceTooFarFromItsTurn_IsUnknownAndTheOthersAreNot()
    {
        // The second piece lies first and has more bytes than may wait.
        var bytes = new byte[(65 << 20) + 8];
        bytes[5] = 1;
        var far = new WeightShard("far", [new(File, bytes.Length - 8, 0, 8), new(File, 0, 8, bytes.Length - 8)]);
        var near = new WeightShard("near", [new(File, 4, 0, 8)]);
        using var hasher = new ShardHasher([far, near]);
        Feed(hasher, File, bytes, 4 << 20);

        var digests = hasher.Complete();

        Assert.Null(digests["far"]);
        Assert.Equal(Digest.Of(bytes.AsSpan(4, 8)), digests["near"]);
    }

    [Fact]
    public void Complete_FileThatDidNotAllCome_IsUnknown()
    {
        using var hasher = new ShardHasher([new("one", [new(File, 0, 0, 8)]), new("empty", [])]);
        hasher.Append("another", 0, new byte[64]);
        hasher.Append(File, 0, new byte[7]);

        var digests = hasher.Complete();

        Assert.Null(digests["one"]);
        Assert.Equal(Digest.Of([]), digests["empty"]);
    }

    [Fact]
    public void Append_NotWhereTheLastOneEnded_Throws()
    {
        using var hasher = new ShardHasher([new("one", [new(File, 0, 0, 8)])]);
        hasher.Append(File, 0, new byte[3]);

        Assert.Throws<ArgumentOutOfRangeException>(() => hasher.Append(File, 4, new byte[4]));
    }

    private static void Feed(ShardHasher hasher, string file, byte[] bytes, int chunk)
    {
        for (var at = 0; at < bytes.Length; at += chunk)
        {
            hasher.Append(file, at, bytes.AsSpan(at, Math.Min(chunk, bytes.Length - at)));
        }
    }

    private static WeightShard Shuffled(string path, int length, Random random)
    {
        var cuts = Enumerable.Range(0, 9).Select(_ => random.Next(length - 20)).Distinct().Order().ToList();
        var ranges = cuts.Zip(cuts.Skip(1), (from, to) => (from, Length: random.Next(1, to - from + 1))).ToArray();
        random.Shuffle(ranges);
        long at = 0;
        var pieces = new List<ShardPiece>();
        foreach (var (from, size) in ranges)
        {
            at += random.Next(3) == 0 ? random.Next(100) : 0;
            pieces.Add(new(File, from, at, size));
            at += size;
        }

        return new(path, pieces);
    }

    private static byte[] Content(WeightShard shard, byte[] bytes)
    {
        var content = new byte[shard.Size];
        foreach (var piece in shard.Pieces)
        {
            bytes.AsSpan((int)piece.Offset, (int)piece.Length).CopyTo(content.AsSpan((int)piece.At));
        }

        return content;
    }
}
