using System.Diagnostics;
using Azure.Storage.Blobs;
using SlmOps.Cli.Push;

namespace SlmOps.Cli.Tests.Push;

/// <summary>What push reaches of the rate that the storage SDK reaches alone, in turns on the same Azurite.</summary>
public sealed class PushCampaignTests(PushStorage storage, ITestOutputHelper output) : IClassFixture<PushStorage>
{
    private const int Bytes = 1_000_000_000;
    private const int Rounds = 2;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task Push_BesideTheSdkAlone_IsNotMuchSlower()
    {
        using var folder = new Folder("rate");
        var path = folder.Put("rate.onnx");
        await WriteAsync(path);
        var (ours, sdk) = (0.0, 0.0);
        for (var round = 0; round < Rounds; round++)
        {
            sdk += await TimeAsync("sdk", $"rate-sdk-{round}.onnx", blob => blob.UploadAsync(path, Cancelled));
            ours += await TimeAsync("push", "rate/1.onnx", async _ => await storage.PushAsync(path, parallel: Uploader.UsualParallel));
        }

        output.WriteLine($"push reaches {sdk / ours:0.00} of what the SDK alone reaches");
        Assert.InRange(sdk / ours, 0.9, double.MaxValue);
    }

    private async Task<double> TimeAsync(string what, string name, Func<BlobClient, Task> upload)
    {
        var blob = storage.Blobs.GetBlobContainerClient("drop").GetBlobClient(name);
        var clock = Stopwatch.StartNew();
        await upload(blob);
        var seconds = clock.Elapsed.TotalSeconds;
        output.WriteLine($"{what}: {seconds:0.0} s, {Bytes / 1e6 / seconds:0.0} MB/s");
        await blob.DeleteAsync(cancellationToken: Cancelled);
        return seconds;
    }

    private static async Task WriteAsync(string path)
    {
        await using var file = File.Create(path);
        var (random, piece) = (new Random(1), new byte[10_000_000]);
        for (var written = 0; written < Bytes; written += piece.Length)
        {
            random.NextBytes(piece);
            await file.WriteAsync(piece, Cancelled);
        }
    }
}
