using System.Text;
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
