using System.Text;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Statements;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tests.Outside;

/// <summary>Verdicts of npm @sigstore/verify and of openssl on what we sign.</summary>
public sealed class SigstoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();

    public SigstoreTests() => _folder.With("key.pem", _key.PublicKey.Pem);

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task SigstoreVerify_EveryBundleOfARelease_IsAccepted()
    {
        var store = new FolderBlobStore(_folder.Root);
        var contents = await ReleaseContents.ReadAsync(await Samples.AttestedReleaseAsync(store, _key), store, Stop);
        string[] bundles =
        [
            store.PathOf(contents.Release.Signature),
            .. contents.Attestations.Where(one => one.Kind != AttestationKind.BillOfMaterials).Select(one => store.PathOf(one.Blob.Digest)),
        ];

        var (code, output) = await Tool.NodeAsync("sigstore.cjs", [_folder["key.pem"], .. bundles]);

        Assert.Equal((0, "ok\nok\nok"), (code, output));
    }

    [Fact]
    public async Task SigstoreVerify_WordOfTheLab_IsAccepted()
    {
        var store = new FolderBlobStore(_folder.Root);
        var contents = await ReleaseContents.ReadAsync(
            await Samples.TriedReleaseAsync(store, _key, ProcessorClass.X64V3), store, Stop);
        var lab = contents.Attestations.Single(one => one.Kind == AttestationKind.LabResult);

        var (code, output) = await Tool.NodeAsync(
            "sigstore.cjs", [_folder["key.pem"], store.PathOf(contents.Release.Signature), store.PathOf(lab.Blob.Digest)]);

        Assert.Equal((0, "ok\nok"), (code, output));
        Assert.Equal("WARNED", lab.Result);
    }

    // The predicate as https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md has it.
    [Fact]
    public async Task Statement_OfTheLab_IsAnInTotoTestResult()
    {
        var store = new FolderBlobStore(_folder.Root);
        var contents = await ReleaseContents.ReadAsync(
            await Samples.TriedReleaseAsync(store, _key, ProcessorClass.X64V3), store, Stop);
        var lab = contents.Attestations.Single(one => one.Kind == AttestationKind.LabResult);
        var bundle = await File.ReadAllBytesAsync(store.PathOf(lab.Blob.Digest), Stop);
        using var statement = JsonDocument.Parse(SigstoreBundle.PayloadOf(bundle));
        var (root, predicate) = (statement.RootElement, statement.RootElement.GetProperty("predicate"));

        Assert.Equal("https://in-toto.io/Statement/v1", root.GetProperty("_type").GetString());
        Assert.Equal("https://in-toto.io/attestation/test-result/v0.1", root.GetProperty("predicateType").GetString());
        Assert.Equal(
            contents.Index.Variants[0].Manifest.Hex,
            root.GetProperty("subject")[0].GetProperty("digest").GetProperty("sha256").GetString());
        Assert.Equal("WARNED", predicate.GetProperty("result").GetString());
        Assert.Equal(["native"], predicate.GetProperty("passedTests").EnumerateArray().Select(test => test.GetString()!));
        Assert.Equal(["cortex-a72"], predicate.GetProperty("warnedTests").EnumerateArray().Select(test => test.GetString()!));
        Assert.Equal(["haswell"], predicate.GetProperty("failedTests").EnumerateArray().Select(test => test.GetString()!));
        Assert.Equal(
            Samples.Lab.Configuration.Hex,
            predicate.GetProperty("configuration")[0].GetProperty("digest").GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task SigstoreVerify_PayloadChanged_IsRefused()
    {
        var bundle = Encoding.UTF8.GetString(await SigstoreBundle.SignAsync("""{"a":1}"""u8.ToArray(), _key, Stop));
        _folder.With("bundle.json", bundle.Replace(
            Convert.ToBase64String("""{"a":1}"""u8), Convert.ToBase64String("""{"a":2}"""u8), StringComparison.Ordinal));

        var (code, output) = await Tool.NodeAsync("sigstore.cjs", _folder["key.pem"], _folder["bundle.json"]);

        Assert.Equal((1, "SIGNATURE_ERROR"), (code, output));
    }

    [Fact]
    public async Task OpenSsl_PreAuthEncodingAndSignature_AreAcceptedAndAChangedByteIsNot()
    {
        Tool.Require("openssl");
        var encoded = Dsse.PreAuthEncoding(MediaTypes.InToto, "statement"u8);
        _folder.With("pae", encoded).With("sig", await _key.SignAsync(encoded, Stop));
        encoded[^1] ^= 1;
        _folder.With("tampered", encoded);

        var good = await Tool.RunAsync(
            "openssl",
            "dgst",
            "-sha256",
            "-verify",
            _folder["key.pem"],
            "-signature",
            _folder["sig"],
            _folder["pae"]);
        var bad = await Tool.RunAsync(
            "openssl",
            "dgst",
            "-sha256",
            "-verify",
            _folder["key.pem"],
            "-signature",
            _folder["sig"],
            _folder["tampered"]);

        Assert.Equal((0, "Verified OK"), good);
        Assert.Equal(1, bad.Code);
        Assert.StartsWith("Verification failure", bad.Output, StringComparison.OrdinalIgnoreCase);
    }
}
