using Azure.Storage.Blobs.Models;
using SlmOps.Pipeline.Intake;

namespace SlmOps.Pipeline.Tests.Intake;

/// <summary>The limits of uploads, by listings that nobody has to upload.</summary>
public sealed class UploadReaderTests
{
    private const long GiB = 1L << 30;

    [Fact]
    public void Check_ModelOf32GiBInSeveralLargeFiles_IsWithinTheDefaults() => Assert.Empty(
        Check(("model.onnx", 1 << 20), ("a/one.bin", 20 * GiB), ("two.bin", (12 * GiB) - (2 << 20)), ("slmops.json", 2)));

    [Fact]
    public void Check_OneFileOf32GiB_IsWithinTheDefaults() => Assert.Empty(Check(("slmops.json", 0), ("model.onnx_data", 32 * GiB)));

    [Fact]
    public void Check_MoreInAll_SaysTheSumTheLimitAndTheSetting()
    {
        var problem = Assert.Single(Check(("slmops.json", 2), ("one.bin", 20 * GiB), ("two.bin", 12 * GiB)));

        Assert.Equal("upload-too-large", problem.Code);
        Assert.Equal($"The upload has {(32 * GiB) + 2} bytes; the limit is {32 * GiB}.", problem.Message);
        Assert.Contains("SlmOps:MaxUploadBytes", problem.Cure, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_OneFileTooLarge_IsNamed()
    {
        var problems = Check(("slmops.json", 2), ("big.bin", (32 * GiB) + 1));

        Assert.Equal(["file-too-large", "upload-too-large"], problems.Select(problem => problem.Code));
        Assert.Equal("m/1/big.bin", problems[0].File);
    }

    private static IReadOnlyList<Contracts.Problem> Check(params (string Path, long Bytes)[] files) => UploadReader.Check(
        UploadName.From("models", "m/1/slmops.json")!,
        [.. files.Select(file => BlobsModelFactory.BlobItem(
            $"m/1/{file.Path}", false, BlobsModelFactory.BlobItemProperties(false, contentLength: file.Bytes), null, null))],
        new());
}
