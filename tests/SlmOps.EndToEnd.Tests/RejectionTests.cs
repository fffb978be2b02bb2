using System.Text.Json;
using SlmOps.Contracts.Operator;
using Azure.Storage.Blobs;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Quantizer;

namespace SlmOps.EndToEnd.Tests;

/// <summary>Bad input: said clearly, once; the upload stays, and nothing is made of it.</summary>
public sealed class RejectionTests(SharedPlatform shared)
{
    private readonly Platform _platform = shared.Platform;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string> Cases => [.. BadUploads.All.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Upload_Bad_IsRejectedAndKept(string name)
    {
        var (upload, codes) = BadUploads.Make(name);

        await _platform.UploadAsync(upload);
        var rejection = await _platform.RejectionAsync($"models/{upload.Start}");

        Assert.Equal(codes, rejection.Problems.Select(problem => problem.Code).Distinct());
        Assert.All(rejection.Problems, problem => Assert.True(problem.Message.Length > 10 && problem.Cure.Length > 5, $"{problem}"));
        Assert.Equal("intake", rejection.Stage);
        await NothingWasMadeAsync(upload);
        Assert.Equal(RunState.Rejected, (await _platform.Client.ModelAsync(upload.Model, upload.Version, Cancelled))!.State);
    }

    [Fact]
    public async Task Upload_ManifestFullOfMistakes_AllAreSaidWithLineAndCure()
    {
        var upload = Models.Mlp("bad-manifest", "1", 100).With(Upload.Manifest, Upload.Text("""
            {
              "variant": [],
              "variants": [ { "recipe": "int3" },
                            { "name": "Big One", "recipe": "int8", "blockSize": 33 } ],
              "acceptance": { "maxKl": -1 },
              "rollout": {
                "soakSeconds": "long",
                "rings": [ { "name": "half", "fraction": 0.5 } ] }
            }
            """));

        await _platform.UploadAsync(upload);
        var rejection = await _platform.RejectionAsync($"models/{upload.Start}");

        Assert.Equal([2, 3, 4, 4, 5, 7, 8], rejection.Problems.Select(problem => problem.Line!.Value).Order());
        Assert.All(rejection.Problems, problem =>
        {
            Assert.Equal("manifest-invalid", problem.Code);
            Assert.Equal(Upload.Manifest, problem.File);
            Assert.NotEmpty(problem.Cure);
        });
        await NothingWasMadeAsync(upload);
    }

    [Fact]
    public async Task Upload_CorrectedAfterARejection_IsAccepted()
    {
        var good = Models.Mlp("corrected", "1", 101, "int8");
        await _platform.UploadAsync(good.With("model.onnx", good.Files["model.onnx"][..^1000]));
        await _platform.RejectionAsync($"models/{good.Start}");

        await _platform.UploadAsync(good);
        var status = await Wait.ForAsync(
            "the corrected upload",
            () => _platform.Client.ModelAsync(good.Model, good.Version, Cancelled),
            seen => seen!.ReceivedAt is not null,
            seen => $"{seen!.State}");

        Assert.Single(status!.Rejections);
        Assert.Equal(["fp32", "int8"], status.Variants.Select(variant => variant.Name));
    }

    [Theory]
    [InlineData("Bad Name", "1", "models/Bad Name/1/slmops.json")]
    [InlineData("up..per", "1", "models/up..per/1/slmops.json")]
    [InlineData("fine", "v 1", "models/fine/v 1/slmops.json")]
    public async Task Upload_UnsafeName_IsRejected(string model, string version, string path)
    {
        var upload = Models.Mlp(model, version, 102);

        await _platform.UploadAsync(upload);
        var rejection = await _platform.RejectionAsync(path);

        var problem = Assert.Single(rejection.Problems);
        Assert.Equal("name-unsafe", problem.Code);
        Assert.Contains(SafeName.Rule, problem.Message, StringComparison.Ordinal);
        await NothingWasMadeAsync(upload);
    }

    [Fact]
    public async Task DroppedFile_NotOnnx_IsRejected()
    {
        var drop = _platform.Blobs.GetBlobContainerClient("drop").GetBlobClient("notes-1.0.onnx");
        await drop.UploadAsync(BinaryData.FromString("no model at all"), overwrite: true, Cancelled);

        var rejection = await _platform.RejectionAsync("drop/notes-1.0.onnx");

        Assert.Equal("not-onnx", Assert.Single(rejection.Problems).Code);
        Assert.Equal(("notes", "1.0"), (rejection.Model, rejection.Version));
        Assert.True(await drop.ExistsAsync(Cancelled));
    }

    /// <summary>A symbolic link cannot be uploaded, so the inspector is asked about a real one.</summary>
    [Fact]
    public void Model_DataBehindASymbolicLink_IsRefused()
    {
        using var folder = new Folder();
        var (model, data) = OnnxModels.External(103, "weights.bin");
        File.WriteAllBytes(folder.Of("model.onnx"), model.Bytes());
        File.WriteAllBytes(folder.Of("elsewhere.bin"), data);
        File.CreateSymbolicLink(folder.Of("weights.bin"), folder.Of("elsewhere.bin"));

        var result = ModelInspector.Inspect(folder.Of("model.onnx"), new(), Cancelled);

        Assert.Null(result.Facts);
        Assert.Contains("external-data-symlink", result.Problems.Select(problem => problem.Code));
    }

    private async Task NothingWasMadeAsync(Upload upload)
    {
        Assert.All(
            await Task.WhenAll(upload.Files.Keys.Select(path => _platform.HasBlobAsync("models", $"{upload.Folder}/{path}"))), Assert.True);
        Assert.DoesNotContain("run", await _platform.RowsAsync("runs", $"{upload.Model}@{upload.Version}"));
        foreach (var path in upload.Files.Keys.Where(path => path is "model.onnx" or "weights.bin"))
        {
            Assert.False(await _platform.HasBlobAsync("artifacts", $"blobs/sha256/{upload.DigestOf(path).Hex}"), path);
            Assert.False(await _platform.HasBlobAsync("packages", $"blobs/sha256/{upload.DigestOf(path).Hex}"), path);
        }
    }
}
