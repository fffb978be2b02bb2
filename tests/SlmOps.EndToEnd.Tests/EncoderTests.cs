using SlmOps.Cli.Agent;
using SlmOps.Contracts.Operator;
using SlmOps.Cli.Demo;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;

namespace SlmOps.EndToEnd.Tests;

/// <summary>A text encoder in, and a device that runs its 8-bit variant: judged by the direction of embeddings, not by noise.</summary>
public sealed class EncoderTests(SharedPlatform shared)
{
    private readonly Platform _platform = shared.Platform;

    private static byte[] Case(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Cases", name));

    [Fact]
    public async Task Encoder_BalancedDevice_RunsEightBits()
    {
        var upload = Upload.Of(
            "encoder", "1",
            ("model.onnx", Case("seeing-ids.onnx")),
            ("tokenizer.json", Upload.Text("""{"model":{"type":"Mystery"}}""")),
            (Upload.Manifest, Upload.Text("""
                {
                  "variants": [ { "recipe": "fp16" }, { "recipe": "int8" }, { "recipe": "int4" } ],
                  "rollout": { "rings": [ { "name": "all" } ], "soakSeconds": 0, "deadlineSeconds": 60 }
                }
                """)));
        using var folder = new Folder();
        await using var fleet = new DemoFleet();
        fleet.Start(
            _platform.Connection,
            upload.Model,
            [new AgentProfile("encoder-1", "1GiB", "balanced", "1", new Dictionary<string, string>())],
            folder.Path);

        await _platform.UploadAsync(upload);
        var status = await _platform.UntilAsync(upload, RunState.Finished);

        Assert.Equal("int8", Assert.Single(status.Devices).Variant);
        var figures = status.Variants.Single(variant => variant.Name == "int8").Figures!;
        Assert.True(figures.Cosine >= 0.995);

        // A tokenizer that nothing can read is carried along.
        Assert.Equal("tokenizer-unread", Assert.Single(status.Warnings).Code);
    }

    [Fact]
    public async Task Encoder_VariantInWhichNothingChanges_IsLeftOutWithTheReason()
    {
        var upload = Upload.Of(
            "encoder-kept", "1",
            ("model.onnx", Case("seeing-ids.onnx")),
            (Upload.Manifest, Upload.Text("""
                {
                  "variants": [ { "name": "same", "recipe": "int8", "exclude": ["*"] }, { "recipe": "int8" } ],
                  "rollout": { "rings": [ { "name": "all" } ], "soakSeconds": 0, "deadlineSeconds": 60 }
                }
                """)));

        await _platform.UploadAsync(upload);
        var status = await _platform.UntilAsync(upload.Model, upload.Version, "released", seen => !seen.ReleaseDigest.IsEmpty);

        var same = status.Variants.Single(variant => variant.Name == "same");
        Assert.Equal(VariantState.LeftOut, same.State);
        Assert.Contains("changed none of its weights", same.Reason, StringComparison.Ordinal);
        Assert.True(same.Digest.IsEmpty);
        Assert.Equal(VariantState.Packaged, status.Variants.Single(variant => variant.Name == "int8").State);
    }

    [Fact]
    public async Task BFloat16Model_IsJudgedAgainstItsTwinAndReleasedInItsQuantizedForms()
    {
        var upload = Upload.Of(
            "bfloat", "1",
            ("model.onnx", Case("bf16-matmul.onnx")),
            (Upload.Manifest, Upload.Text("""{ "variants": [ { "recipe": "int8" } ], "rollout": { "rings": [ { "name": "all" } ] } }""")));

        await _platform.UploadAsync(upload);
        var status = await _platform.UntilAsync(upload.Model, upload.Version, "released", seen => !seen.ReleaseDigest.IsEmpty);

        Assert.False(status.Variants.Single(variant => variant.Name == "fp32").Accepted);
        Assert.True(status.Variants.Single(variant => variant.Name == "int8").Figures!.SqnrDb > 25);
    }
}
