using System.Text;
using SlmOps.Contracts;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;

namespace SlmOps.Packaging.Tests.Compositions;

public sealed class CompositionTests : IDisposable
{
    private static readonly Digest Base = Digest.Of("base"u8);
    private static readonly VariantManifest Manifest = new(
        "m", "1", "v", "r", Digest.Of("s"u8), new(Digest.Of("c"u8), 1),
        [new("config.json", Digest.Of("{}"u8), 2), new("model.onnx", Digest.Of("g"u8), 1)]);

    private static readonly CompositionLayer.Adapter Adapter = new("adapters/site.onnx_adapter", new(Digest.Of("a"u8), 1));
    private static readonly CompositionLayer.Config Patch = new("config.json", new(Digest.Of("p"u8), 1));
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();
    private readonly LocalSigningKey _device = LocalSigningKey.CreateInMemory();

    public void Dispose()
    {
        _key.Dispose();
        _device.Dispose();
    }

    [Fact]
    public async Task Resolve_AllLayers_GivesBaseAdapterPatchAndLocalFiles()
    {
        var model = await ResolveAsync(new(Base, [Adapter, Patch, new CompositionLayer.Local()]), Local(Base));

        Assert.Null(model.Reason);
        Assert.Equal(LocalLayerStatus.Active, model.Local);
        Assert.Equal(
            ["adapters/local/x.onnx_adapter", "adapters/site.onnx_adapter", "config.json", "model.onnx"],
            model.Files!.Select(file => file.Path));
        Assert.Equal([Patch.Blob], model.Files![2].Patches);
    }

    [Fact]
    public async Task Resolve_BaseChanged_DisablesTheLocalLayerAndStillRuns()
    {
        var model = await ResolveAsync(new(Base, [new CompositionLayer.Local()]), Local(Digest.Of("older"u8)));

        Assert.Equal(LocalLayerStatus.DisabledOtherBase, model.Local);
        Assert.Equal(["config.json", "model.onnx"], model.Files!.Select(file => file.Path));
    }

    [Fact]
    public async Task Resolve_NoRoomForLocal_LeavesItOut() =>
        Assert.Equal(LocalLayerStatus.None, (await ResolveAsync(new(Base, [Adapter]), Local(Base))).Local);

    [Fact]
    public async Task Resolve_LocalLayerOfAnotherDevice_IsUntrusted()
    {
        using var other = LocalSigningKey.CreateInMemory();
        var envelope = await new Composition(Base, [new CompositionLayer.Local()]).SignAsync(_key, Stop);
        var foreign = await Local(Base).SignAsync(other, Stop);

        var model = CompositionResolver.Resolve(envelope, _key.PublicKey, Base, Manifest, foreign, _device.PublicKey);

        Assert.Equal(LocalLayerStatus.DisabledUntrusted, model.Local);
    }

    [Fact]
    public async Task Resolve_WrongKeyOrBase_IsRefused()
    {
        var envelope = await new Composition(Base, [Adapter]).SignAsync(_device, Stop);

        Assert.Equal(
            "bad-signature",
            CompositionResolver.Resolve(envelope, _key.PublicKey, Base, Manifest, null, _device.PublicKey).ReasonCode);
        Assert.Equal("other-base", (await ResolveAsync(new(Digest.Of("x"u8), []), null)).ReasonCode);
    }

    [Fact]
    public async Task Resolve_LayerThatDoesNotFit_IsRefused()
    {
        Assert.Equal("missing-file", (await ResolveAsync(new(Base, [Patch with { Path = "other.json" }]), null)).ReasonCode);
        Assert.Equal("malformed", (await ResolveAsync(new(Base, [Adapter with { Path = "model.onnx" }]), null)).ReasonCode);
        Assert.Equal("malformed", (await ResolveAsync(new(Base, [Adapter with { Path = "adapters/../model.onnx" }]), null)).ReasonCode);
        Assert.Equal("malformed", (await ResolveAsync(new(Base, [Adapter with { Path = "adapters/local/x" }]), null)).ReasonCode);
        Assert.Equal("malformed", (await ResolveAsync(new(Base, [Patch with { Path = "model.onnx" }]), null)).ReasonCode);
        Assert.Equal("malformed", (await ResolveAsync(new(Base, [Adapter, Adapter]), null)).ReasonCode);
    }

    [Fact]
    public async Task Resolve_FileWhereAFolderIsNeeded_IsRefused()
    {
        var inside = Adapter with { Path = "adapters/site.onnx_adapter/more" };

        Assert.Equal("path-conflict", (await ResolveAsync(new(Base, [Adapter, inside]), null)).ReasonCode);
    }

    [Fact]
    public async Task Resolve_LocalFileWhereAFolderIsNeeded_LeavesTheLocalLayerOut()
    {
        var composition = new Composition(Base, [Adapter with { Path = "adapters/local" }, new CompositionLayer.Local()]);

        var model = await ResolveAsync(composition, Local(Base));

        Assert.Equal(LocalLayerStatus.DisabledUntrusted, model.Local);
        Assert.Equal(["adapters/local", "config.json", "model.onnx"], model.Files!.Select(file => file.Path));
    }

    [Fact]
    public async Task Resolve_DeviceWithoutAKey_TrustsNoLocalLayer()
    {
        var envelope = await new Composition(Base, [new CompositionLayer.Local()]).SignAsync(_key, Stop);
        var own = await Local(Base).SignAsync(_device, Stop);

        Assert.Equal(
            LocalLayerStatus.DisabledUntrusted,
            CompositionResolver.Resolve(envelope, _key.PublicKey, Base, Manifest, own, null).Local);
    }

    [Fact]
    public void Identity_LayersOrContent_ChangeIt()
    {
        Digest[] identities =
        [
            new Composition(Base, [Adapter, Patch]).Identity,
            new Composition(Base, [Patch, Adapter]).Identity,
            new Composition(Base, [Adapter]).Identity,
            new Composition(Digest.Of("x"u8), [Adapter]).Identity,
        ];

        Assert.Equal(4, identities.Distinct().Count());
        Assert.Equal(identities[0], Composition.Read(new Composition(Base, [Adapter, Patch]).Write()).Identity);
    }

    [Fact]
    public async Task LocalLayer_FileOutsideItsFolder_IsUntrusted()
    {
        var escape = new LocalLayer(Base, [new("model.onnx", Digest.Of("x"u8), 1)]);

        Assert.Equal(LocalLayerStatus.DisabledUntrusted, (await ResolveAsync(new(Base, [new CompositionLayer.Local()]), escape)).Local);
    }

    [Theory]
    // The examples of RFC 7396, appendix A, whose target and patch are objects.
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void ConfigOverlay_MergePatch_FollowsTheStandard(string target, string patch, string result) =>
        Assert.Equal(result, Encoding.UTF8.GetString(Apply(target, patch, "a", "b").Content!));

    [Theory]
    [InlineData("""{"model":{"decoder":{"filename":"/etc/passwd"}}}""", "key-not-allowed")]
    [InlineData("""{"model":{"context_length":5,"filename":"x"}}""", "key-not-allowed")]
    [InlineData("""{"model":5}""", "key-not-allowed")]
    [InlineData("""{"model":null}""", "key-not-allowed")]
    [InlineData("""{"search":{},"search":{}}""", "not-json")]
    [InlineData("[]", "not-json")]
    [InlineData("{", "not-json")]
    public void ConfigOverlay_AnythingElse_IsRefused(string patch, string code) =>
        Assert.Equal(code, Apply("""{"model":{"filename":"model.onnx"}}""", patch, "search", "model.context_length").ReasonCode);

    [Fact]
    public void ConfigOverlay_DottedKey_IsAllowed() =>
        Assert.Equal("""{"model":{"n":1,"context_length":64}}""", Encoding.UTF8.GetString(
            Apply("""{"model":{"n":1}}""", """{"model":{"context_length":64}}""", "model.context_length").Content!));

    private static OverlayResult Apply(string target, string patch, params string[] keys) =>
        ConfigOverlay.Apply(Encoding.UTF8.GetBytes(target), Encoding.UTF8.GetBytes(patch), keys);

    private static LocalLayer Local(Digest basis) => new(basis, [new("adapters/local/x.onnx_adapter", Digest.Of("l"u8), 1)]);

    private async Task<ComposedModel> ResolveAsync(Composition composition, LocalLayer? local)
    {
        var envelope = await composition.SignAsync(_key, Stop);
        var localEnvelope = local is null ? null : await local.SignAsync(_device, Stop);
        return CompositionResolver.Resolve(envelope, _key.PublicKey, Base, Manifest, localEnvelope, _device.PublicKey);
    }
}
