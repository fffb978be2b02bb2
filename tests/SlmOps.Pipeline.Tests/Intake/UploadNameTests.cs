using SlmOps.Contracts;
using SlmOps.Pipeline.Intake;

namespace SlmOps.Pipeline.Tests.Intake;

public sealed class UploadNameTests
{
    [Theory]
    [InlineData("phi.onnx", "phi", null)]
    [InlineData("phi-3.onnx", "phi-3", null)]
    [InlineData("phi-1.0.onnx", "phi", "1.0")]
    [InlineData("phi-v1.0.onnx", "phi", "1.0")]
    [InlineData("phi-3-mini-1.2.3.onnx", "phi-3-mini", "1.2.3")]
    [InlineData("phi-1.2.3-rc.1.onnx", "phi", "1.2.3-rc.1")]
    [InlineData("phi-1.2.3-rc1.onnx", "phi", "1.2.3-rc1")]
    [InlineData("Phi-3-Mini-1.0.ONNX", "phi-3-mini", "1.0")]
    [InlineData("phi/2.1.onnx", "phi", "2.1")]
    [InlineData("phi/nightly.onnx", "phi", "nightly")]
    [InlineData("-1.0.onnx", "-1.0", null)]
    [InlineData(".onnx", "", null)]
    public void From_Drop_ReadsNameAndVersion(string blob, string model, string? version) =>
        Assert.Equal(new UploadName("drop", blob, blob, model, version), UploadName.From("drop", blob));

    [Theory]
    [InlineData("phi.txt")]
    [InlineData("phi.onnx.data")]
    [InlineData("phi")]
    [InlineData("slmops.json")]
    [InlineData("")]
    public void From_DropOfAnotherFile_StartsNothing(string blob) => Assert.Null(UploadName.From("drop", blob));

    [Fact]
    public void From_Models_StartsWithTheManifest() => Assert.Equal(
        new UploadName("models", "phi/1.0/slmops.json", "phi/1.0/", "phi", "1.0"),
        UploadName.From("models", "phi/1.0/slmops.json"));

    [Theory]
    [InlineData("phi/1.0/model.onnx")]
    [InlineData("phi/1.0/sub/slmops.json")]
    [InlineData("phi/slmops.json")]
    [InlineData("slmops.json")]
    [InlineData("phi/1.0/SLMOPS.JSON")]
    [InlineData("phi/1.0/slmops.json/x")]
    [InlineData("phi/1.0/slmops.json.tmp")]
    public void From_ModelsOtherFile_StartsNothing(string blob) => Assert.Null(UploadName.From("models", blob));

    [Theory]
    [InlineData("artifacts")]
    [InlineData("packages")]
    [InlineData("Models")]
    [InlineData("")]
    public void From_OtherContainer_StartsNothing(string container)
    {
        Assert.Null(UploadName.From(container, "phi/1.0/slmops.json"));
        Assert.Null(UploadName.From(container, "phi.onnx"));
    }

    [Theory]
    [InlineData("/blobServices/default/containers/models/blobs/phi/1.0/slmops.json", "models", "phi/1.0/slmops.json")]
    [InlineData("/blobServices/default/containers/drop/blobs/phi-1.0.onnx", "drop", "phi-1.0.onnx")]
    [InlineData("/blobServices/default/containers/drop/blobs/blobs/1.onnx", "drop", "blobs/1.onnx")]
    public void FromSubject_BlobCreated_NamesTheBlob(string subject, string container, string blob)
    {
        var upload = UploadName.FromSubject(subject);

        Assert.Equal((container, blob), (upload?.Container, upload?.Blob));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("models/phi/1.0/slmops.json")]
    [InlineData("/blobServices/default/containers/")]
    [InlineData("/blobServices/default/containers/models")]
    [InlineData("/blobServices/default/containers/models/blobs/")]
    [InlineData("/blobservices/default/containers/models/blobs/phi/1.0/slmops.json")]
    [InlineData("x/blobServices/default/containers/models/blobs/phi/1.0/slmops.json")]
    [InlineData("/blobServices/default/containers/models/x/blobs/phi/1.0/slmops.json")]
    public void FromSubject_AnythingElse_StartsNothing(string? subject) => Assert.Null(UploadName.FromSubject(subject));

    // These start a run, so that the uploader is told; what they name must not pass as a name.
    [Theory]
    [InlineData("drop", "../../etc/passwd-1.0.onnx")]
    [InlineData("drop", "a/b/c.onnx")]
    [InlineData("drop", "..-1.0.onnx")]
    [InlineData("drop", "phi mini.onnx")]
    [InlineData("drop", "phi\n-1.0.onnx")]
    [InlineData("drop", "phi-1.0\n.onnx")]
    [InlineData("drop", "ph\u0130.onnx")]
    [InlineData("drop", ".onnx")]
    [InlineData("models", "../1.0/slmops.json")]
    [InlineData("models", "phi/../slmops.json")]
    [InlineData("models", "Phi/1.0/slmops.json")]
    [InlineData("models", "//slmops.json")]
    [InlineData("models", "phi@1/1.0/slmops.json")]
    public void From_HostileName_IsNeverASafeName(string container, string blob)
    {
        var upload = UploadName.From(container, blob)!;

        Assert.False(SafeName.IsValid(upload.Model) && (upload.Version is null || SafeName.IsValid(upload.Version)));
    }

    [Fact]
    public void VersionFrom_Digest_IsASafeNameThatFollowsTheBytes()
    {
        var version = UploadName.VersionFrom(Digest.Of("abc"u8));

        Assert.Equal("sha-ba7816bf8f01", version);
        Assert.True(SafeName.IsValid(version));
    }
}
