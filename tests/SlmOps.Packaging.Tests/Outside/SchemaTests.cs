using System.Text;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Statements;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tests.Outside;

/// <summary>Verdicts of ajv: the CycloneDX 1.6 schema as published, and our own statement of ModelPack's config schema.</summary>
public sealed class SchemaTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("modelpack", "\"config\":{", "\"config\":{\"deviceClass\":\"small\",", "must NOT have additional properties")]
    [InlineData("cyclonedx", "\"machine-learning-model\"", "\"model\"", "must be equal to one of the allowed values")]
    public async Task Ajv_Document_IsValidAndAChangedOneIsNot(string schema, string old, string replacement, string words)
    {
        var store = new FolderBlobStore(_folder.Root);
        var contents = await ReleaseContents.ReadAsync(await Samples.AttestedReleaseAsync(store, _key), store, Stop);
        var blob = schema == "modelpack"
            ? contents.Manifests[0].Config
            : contents.Attestations.Single(one => one.Kind == AttestationKind.BillOfMaterials).Blob;
        var document = Encoding.UTF8.GetString(await store.ReadAsync(blob.Digest, Limits.ManifestBytes, Stop));
        _folder.With("good.json", document).With("bad.json", document.Replace(old, replacement, StringComparison.Ordinal));

        var (code, output) = await Tool.NodeAsync("schema.cjs", schema, _folder["good.json"], _folder["bad.json"]);

        var verdicts = output.Split('\n');
        Assert.Equal((1, "ok"), (code, verdicts[0]));
        Assert.Contains(words, verdicts[1], StringComparison.Ordinal);
    }
}
