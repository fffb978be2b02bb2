using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using SlmOps.Packaging;
using SlmOps.Packaging.Storage;
using Spectre.Console;

namespace SlmOps.Cli.Push;

/// <summary>Uploads a plan's files in order, with one progress bar for all.</summary>
internal sealed class Uploader(BlobServiceClient blobs, Terminal terminal)
{
    /// <exception cref="CliException">When the text is no connection string.</exception>
    internal static BlobServiceClient Open(string connectionString)
    {
        try
        {
            return new(connectionString);
        }
        catch (Exception unread) when (unread is FormatException or ArgumentException)
        {
            throw new CliException($"The storage account is no connection string; check --storage. {unread.Message}", ExitCode.Usage);
        }
    }

    internal async Task RunAsync(PushFiles plan, CancellationToken cancellationToken)
    {
        var container = blobs.GetBlobContainerClient(plan.Container);
        var total = plan.Files.Sum(file => file.Path.Length == 0 ? 0 : new FileInfo(file.Path).Length);
        try
        {
            await terminal.Screen.Progress()
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn())
                .StartAsync(async progress =>
                {
                    var bar = progress.AddTask($"upload {plan.Model} {plan.Version}", maxValue: Math.Max(total, 1));
                    long done = 0;
                    foreach (var (path, blob) in plan.Files)
                    {
                        var start = done;
                        done += await UploadAsync(
                            container.GetBlobClient(blob), path, plan.Manifest, bytes => bar.Value = start + bytes, cancellationToken);
                    }

                    bar.Value = bar.MaxValue;
                });
        }
        catch (Exception odd) when (odd is KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new CliException($"{blobs.Uri} did not answer as storage does; check --storage. {odd.Message}");
        }
        catch (RequestFailedException refused)
        {
            throw new CliException($"Storage refused the upload: {refused.ErrorCode ?? refused.Message.Split('\n')[0]}");
        }
    }

    private static async Task<long> UploadAsync(
        BlobClient blob, string path, string? manifest, Action<long> progress, CancellationToken cancellationToken)
    {
        if (path.Length == 0)
        {
            await blob.UploadAsync(BinaryData.FromString(manifest!), overwrite: true, cancellationToken);
            return 0;
        }

        await using var file = PlainFile.OpenRead(path);
        await blob.UploadAsync(
            file, new BlobUploadOptions { ProgressHandler = new Direct(progress) }, cancellationToken);
        return file.Length;
    }

    /// <summary><see cref="Progress{T}"/> would post to the thread pool and report out of order.</summary>
    private sealed class Direct(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
