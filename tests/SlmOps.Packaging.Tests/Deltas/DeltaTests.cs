using SlmOps.Contracts;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tests.Deltas;

public sealed class DeltaTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderBlobStore _cloud;
    private readonly FolderBlobStore _device;

    public DeltaTests()
    {
        _cloud = new(_folder["cloud"]) { IsDurable = false };
        _device = new(_folder["device"]) { IsDurable = false };
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Apply_OneTensorReplaced_FetchesThatTensorAlone()
    {
        var tensors = Tensors(20, 50_000);
        var changed = tensors.Select((tensor, index) => index == 7 ? tensor with { Bytes = Noise(99, 50_000) } : tensor).ToArray();

        var (plan, layers) = await UpdateAsync(tensors, changed);

        Assert.InRange(plan.Bytes, 50_000, 51_000);
        Assert.Equal(FetchWay.Delta, Assert.Single(layers).Way);
    }

    [Fact]
    public async Task Apply_TensorInsertedAtTheFront_FetchesThatTensorAlone()
    {
        var tensors = Tensors(20, 50_000);

        var (plan, _) = await UpdateAsync(tensors, [new("new", 3, Noise(99, 33_333)), .. tensors]);

        Assert.InRange(plan.Bytes, 33_333, 35_500);
    }

    [Fact]
    public async Task Apply_WeightsMovedALittle_FetchesLessThanHalf()
    {
        var tensors = Tensors(4, 100_000);
        var random = new Random(5);
        var changed = tensors
            .Select(tensor => tensor with { Bytes = [.. tensor.Bytes.Select(one => (byte)(one + random.Next(10) / 9))] })
            .ToArray();

        var (plan, _) = await UpdateAsync(tensors, changed);

        // Entropy of a 10 % chance is 0.469 bits a byte: 23.5 KB of 400 KB at best.
        Assert.InRange(plan.Bytes, 23_500, 60_000);
    }

    [Fact]
    public async Task Apply_EverythingNew_IsNotWorthADelta()
    {
        var (plan, layers) = await UpdateAsync(Tensors(4, 50_000), Tensors(4, 50_000, seed: 100));

        Assert.DoesNotContain(layers, step => step.Target.Size > 200_000 && step.Way == FetchWay.Delta);
        Assert.InRange(plan.Bytes, 200_000, 202_000);
    }

    [Fact]
    public async Task Apply_InlineWeights_UsesTheTensorsInsideTheGraph()
    {
        var tensors = Tensors(10, 20_000);
        using var old = new TemporaryFolder().With("model.onnx", TinyOnnx.Inline(tensors));
        using var wanted = new TemporaryFolder().With("model.onnx", TinyOnnx.Inline([new("new", 3, Noise(99, 11_111)), .. tensors]));

        var (plan, _) = await UpdateAsync(old, wanted);

        Assert.InRange(plan.Bytes, 11_111, 13_000);
    }

    [Fact]
    public async Task Apply_FrameLargerThanTheLimit_IsSplit()
    {
        var bytes = Noise(1, (9 << 20) + 5);
        using var old = new TemporaryFolder().With("model.bin", bytes);
        var changed = (byte[])bytes.Clone();
        changed[0]++;
        changed[^1]++;
        using var wanted = new TemporaryFolder().With("model.bin", changed);

        var (plan, _) = await UpdateAsync(old, wanted);

        Assert.InRange(plan.Bytes, 100, 5_000);
    }

    [Fact]
    public async Task Apply_BaseMissing_IsRefused()
    {
        var (layer, manifest) = await SmallDeltaAsync();
        File.Delete(_device.PathOf(manifest.Files[0].Digest));

        Assert.Equal("base-missing", (await DeltaApplier.ApplyAsync(layer, manifest, _device, Stop)).ReasonCode);
    }

    [Fact]
    public async Task Apply_BaseChangedOnDisk_IsRefusedAndLeavesNothing()
    {
        var (layer, manifest) = await SmallDeltaAsync();
        var path = _device.PathOf(manifest.Files[0].Digest);
        var bytes = await File.ReadAllBytesAsync(path, Stop);
        bytes[0] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Stop);

        Assert.Equal("wrong-result", (await DeltaApplier.ApplyAsync(layer, manifest, _device, Stop)).ReasonCode);
        Assert.False(await _device.ExistsAsync(layer.Target.Digest, Stop));
    }

    [Fact]
    public async Task Apply_EveryByteFlippedOrCut_IsRefusedAndNeverCrashes()
    {
        var (layer, manifest) = await SmallDeltaAsync();
        var path = _device.PathOf(layer.Delta.Digest);
        var good = await File.ReadAllBytesAsync(path, Stop);
        for (var at = 0; at < good.Length; at++)
        {
            var bad = (byte[])good.Clone();
            bad[at] ^= (byte)(1 << (at % 8));
            foreach (var content in new[] { bad, good[..at] })
            {
                await File.WriteAllBytesAsync(path, content, Stop);
                var result = await DeltaApplier.ApplyAsync(layer, manifest, _device, Stop);
                // A bit of a compressed frame may mean nothing; then the result is the right file.
                Assert.True(!result.IsApplied || content.Length == good.Length, $"A delta cut at {at} was applied.");
                if (result.IsApplied)
                {
                    Assert.Equal(layer.Target.Digest, Digest.Of(await File.ReadAllBytesAsync(_device.PathOf(layer.Target.Digest), Stop)));
                    File.Delete(_device.PathOf(layer.Target.Digest));
                }
            }
        }
    }

    [Fact]
    public async Task Apply_FrameThatGivesEndlessOutput_IsStoppedAtTheSignedSize()
    {
        var (layer, manifest) = await SmallDeltaAsync();
        using var endless = new MemoryStream();
        endless.Write(DeltaFrame.Magic);
        var head = new byte[DeltaFrame.HeadBytes];
        new DeltaFrame(DeltaOp.Copy, 0, 0, 0, manifest.Files[0].Size).Write(head);
        for (var count = 0; count < 1000; count++)
        {
            endless.Write(head);
        }

        await File.WriteAllBytesAsync(_device.PathOf(layer.Delta.Digest), endless.ToArray(), Stop);

        Assert.Equal("wrong-result", (await DeltaApplier.ApplyAsync(layer, manifest, _device, Stop)).ReasonCode);
    }

    [Theory]
    [InlineData(9, 0, 0u, 0L, 1L)]
    [InlineData(0, 0, 1u, 0L, 1L)]
    [InlineData(0, 0, 0u, -1L, 1L)]
    [InlineData(0, 0, 0u, 0L, 0L)]
    [InlineData(0, 0, 0u, 0L, long.MaxValue)]
    [InlineData(0, 0, 0u, long.MaxValue, 1L)]
    [InlineData(0, 7, 0u, 0L, 1L)]
    [InlineData(1, 0, 2u, 0L, 1L)]
    [InlineData(2, 0, uint.MaxValue, 0L, 1L)]
    [InlineData(2, 0, 1u, 0L, (4L << 20) + 1)]
    [InlineData(5, 0, 1u, 0L, 3L)]
    public async Task Apply_FrameThatCannotBe_IsRefused(int op, int file, uint payload, long offset, long length)
    {
        var (layer, manifest) = await SmallDeltaAsync();
        var bytes = new byte[DeltaFrame.Magic.Length + DeltaFrame.HeadBytes + 10];
        DeltaFrame.Magic.CopyTo(bytes);
        new DeltaFrame((DeltaOp)op, (ushort)file, payload, offset, length).Write(bytes.AsSpan(DeltaFrame.Magic.Length));
        await File.WriteAllBytesAsync(_device.PathOf(layer.Delta.Digest), bytes, Stop);

        Assert.Equal("bad-frame", (await DeltaApplier.ApplyAsync(layer, manifest, _device, Stop)).ReasonCode);
    }

    [Fact]
    public void DeltaManifest_TwoDeltasForOneFile_IsRefused()
    {
        static BlobRef Blob(int number) => new(Digest.Of([(byte)number]), number);
        DeltaLayer[] layers = [new(Blob(9), Blob(1)), new(Blob(9), Blob(2))];

        Assert.Equal(layers[..1], DeltaManifest.Read(new DeltaManifest(Digest.Of([1]), Digest.Of([2]), layers[..1]).Write()).Layers);
        Assert.Equal(
            "duplicate-target",
            Assert
                .Throws<PackageFormatException>(() => DeltaManifest.Read(new DeltaManifest(Digest.Of([1]), Digest.Of([2]), layers).Write()))
                .Code);
    }

    [Fact]
    public void DeltaChoice_From_TakesThreeReleasesAndTheMostCommon()
    {
        static Digest D(int number) => Digest.Of([(byte)number]);

        Assert.Equal([D(4), D(3), D(2), D(0)], DeltaChoice.From([D(4), D(4), D(3), D(2), D(1)], D(0), D(5)));
        Assert.Equal([D(4)], DeltaChoice.From([D(5), D(4)], D(4), D(5)));
        Assert.Empty(DeltaChoice.From([], default, D(5)));
    }

    private static byte[] Noise(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static TinyOnnx.Tensor[] Tensors(int count, int length, int seed = 0) =>
        [.. Enumerable.Range(seed, count).Select(index => new TinyOnnx.Tensor($"t{index - seed}", 3, Noise(index, length)))];

    private static TemporaryFolder Folder(TinyOnnx.Tensor[] tensors)
    {
        var (graph, data) = TinyOnnx.External(64, tensors);
        return new TemporaryFolder().With("model.onnx", graph).With("model.data", data);
    }

    private async Task<(FetchPlan Plan, IReadOnlyList<FetchStep> Steps)> UpdateAsync(TinyOnnx.Tensor[] old, TinyOnnx.Tensor[] wanted)
    {
        using var oldFolder = Folder(old);
        using var wantedFolder = Folder(wanted);
        var (plan, steps) = await UpdateAsync(oldFolder, wantedFolder);
        return (plan, [.. steps.Where(step => step.Path == "model.data")]);
    }

    /// <summary>Publishes both, brings a device from one to the other, and checks every byte.</summary>
    private async Task<(FetchPlan Plan, IReadOnlyList<FetchStep> Steps)> UpdateAsync(TemporaryFolder old, TemporaryFolder wanted)
    {
        var from = (await VariantPackager.PackAsync(old.Root, Samples.Description(), _cloud, Stop)).Manifest;
        var to = (await VariantPackager.PackAsync(wanted.Root, Samples.Description(), _cloud, Stop)).Manifest;
        var offer = await DeltaPackager.WriteAsync(from, to, _cloud, Stop);
        var delta = offer is null ? null : DeltaManifest.Read(await _cloud.ReadAsync(offer.Delta.Digest, Limits.ManifestBytes, Stop));
        var held = await VariantPackager.PackAsync(old.Root, Samples.Description(), _device, Stop);
        Assert.Equal(from, held.Manifest);
        var oldManifest = await ManifestAsync(from);
        var wantedManifest = await ManifestAsync(to);

        var plan = FetchPlan.Make(wantedManifest, oldManifest.Files.Select(file => file.Digest).ToHashSet(), delta);
        foreach (var step in plan.Steps.Where(step => step.Way != FetchWay.Held))
        {
            await FetchAsync(step.Layer?.Delta ?? step.Target);
            if (step.Layer is { } layer)
            {
                Assert.Equal(new DeltaOutcome(null, null), await DeltaApplier.ApplyAsync(layer, oldManifest, _device, Stop));
            }
        }

        foreach (var file in wantedManifest.Files)
        {
            Assert.Equal(
                await File.ReadAllBytesAsync(wanted[file.Path], Stop),
                await File.ReadAllBytesAsync(_device.PathOf(file.Digest), Stop));
        }

        return (plan, plan.Steps);
    }

    private async Task<(DeltaLayer Layer, VariantManifest From)> SmallDeltaAsync()
    {
        var tensors = Tensors(3, 300);
        TinyOnnx.Tensor[] changed =
        [
            tensors[0],
            tensors[1] with { Bytes = [.. tensors[1].Bytes.Select((one, index) => (byte)(one + (index % 50 == 0 ? 1 : 0)))] },
            new("new", 3, new byte[500]),
            new("other", 3, Noise(77, 40)),
        ];
        using var old = Folder(tensors);
        using var wanted = Folder(changed);
        var from = (await VariantPackager.PackAsync(old.Root, Samples.Description(), _cloud, Stop)).Manifest;
        var to = (await VariantPackager.PackAsync(wanted.Root, Samples.Description(), _cloud, Stop)).Manifest;
        var offer = await DeltaPackager.WriteAsync(from, to, _cloud, Stop);
        await VariantPackager.PackAsync(old.Root, Samples.Description(), _device, Stop);
        var delta = DeltaManifest.Read(await _cloud.ReadAsync(offer!.Delta.Digest, Limits.ManifestBytes, Stop));
        var layer = delta.Layers.Single(one => one.Target.Size > 1000);
        await FetchAsync(layer.Delta);
        return (layer, await ManifestAsync(from));
    }

    private async Task FetchAsync(BlobRef blob)
    {
        await using var content = await _cloud.OpenReadAsync(blob.Digest, Stop);
        await _device.WriteAsync(blob.Digest, blob.Size, content, Stop);
    }

    private async Task<VariantManifest> ManifestAsync(Digest digest) =>
        ReleaseReader.ReadManifest(await _cloud.ReadAsync(digest, Limits.ManifestBytes, Stop));
}
