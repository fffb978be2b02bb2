using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using SlmOps.Cli.Watch;
using SlmOps.Packaging.Storage;

namespace SlmOps.Cli.Push;

/// <summary>
/// Uploads a plan's files, several blocks of several files at a time, and last the one that starts the run. What an
/// interrupted upload left in storage is taken up again.
/// </summary>
/// <param name="blobs">The storage account.</param>
/// <param name="terminal">Where progress goes.</param>
/// <param name="time">Clock.</param>
/// <param name="parallel">Most requests at a time.</param>
internal sealed class Uploader(BlobServiceClient blobs, Terminal terminal, TimeProvider time, int parallel = Uploader.UsualParallel)
{
    internal const int UsualParallel = 8;
    internal const int MostParallel = 64;

    // Blocks in memory, whatever the files are.
    private const long MemoryBytes = 512L << 20;

    // A slow line shared by several blocks; the SDK's 100 s are meant for a block of its own.
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromMinutes(10);

    /// <exception cref="CliException">When the text is no connection string.</exception>
    internal static BlobServiceClient Open(string connectionString)
    {
        try
        {
            var options = new BlobClientOptions();
            options.Retry.NetworkTimeout = RequestTimeout;
            return new(connectionString, options);
        }
        catch (Exception unread) when (unread is FormatException or ArgumentException)
        {
            throw new CliException($"The storage account is no connection string; check --storage. {unread.Message}", ExitCode.Usage);
        }
    }

    internal async Task RunAsync(PushFiles plan, CancellationToken cancellationToken)
    {
        var lengths = plan.Files.Select(file => file.Path.Length == 0 ? 0 : Length(file.Path)).ToList();
        var meter = new TransferMeter(lengths.Sum(), time);
        var places = BlockPlan.Parallel(lengths.Max(length => BlockPlan.Of(plan.Model, length).BlockBytes), parallel, MemoryBytes);
        var started = time.GetTimestamp();
        try
        {
            await TransferScreen.ShowAsync(
                terminal, $"upload {plan.Model} {plan.Version}".TrimEnd(), meter, time,
                stop => SendAsync(plan, meter, places, stop), cancellationToken);
            if (lengths.Sum() >= BlockPlan.LeastBlockBytes)
            {
                terminal.Say(TransferText.Done(meter.Look(), time.GetElapsedTime(started)));
            }
        }
        catch (Exception odd) when (odd is KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new CliException($"{blobs.Uri} did not answer as storage does; check --storage. {odd.Message}");
        }
        catch (RequestFailedException refused)
        {
            throw new CliException($"Storage refused the upload: {Why(refused)}{GoesOn(meter)}");
        }
        catch (Exception ended) when (ended is OperationCanceledException or AggregateException or IOException && GoesOn(meter).Length > 0)
        {
            terminal.Say(GoesOn(meter).Trim());
            throw;
        }
    }

    private async Task SendAsync(PushFiles plan, TransferMeter meter, int places, CancellationToken cancellationToken)
    {
        var container = blobs.GetBlobContainerClient(plan.Container);
        var open = new List<FileUpload>();
        try
        {
            await SendAsync(plan.Files.SkipLast(1), again: false);
            var (path, blob) = plan.Files[^1];
            if (path.Length == 0)
            {
                await container.GetBlobClient(blob).UploadAsync(BinaryData.FromString(plan.Manifest!), overwrite: true, cancellationToken);
            }
            else
            {
                // Also when nothing of it changed: that it is written starts the run.
                await SendAsync([(path, blob)], again: true);
            }
        }
        finally
        {
            open.ForEach(file => file.Dispose());
        }

        Task SendAsync(IEnumerable<(string Path, string Blob)> files, bool again) => Parallel.ForEachAsync(
            BlocksAsync(container, files, meter, open, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = places, CancellationToken = cancellationToken },
            async (piece, token) =>
            {
                if (await piece.File.SendAsync(piece.Block, token))
                {
                    await piece.File.CommitAsync(again, token);
                    piece.File.Dispose();
                }
            });
    }

    /// <summary>The blocks of all files, each file opened when its turn comes.</summary>
    private static async IAsyncEnumerable<(FileUpload File, int Block)> BlocksAsync(
        BlobContainerClient container, IEnumerable<(string Path, string Blob)> files, TransferMeter meter, List<FileUpload> open,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (path, blob) in files)
        {
            var file = await FileUpload.OpenAsync(container.GetBlockBlobClient(blob), path, meter, cancellationToken);
            open.Add(file);
            for (var block = 0; block < Math.Max(file.Plan.Count, 1); block++)
            {
                yield return (file, block);
            }
        }
    }

    private static long Length(string path)
    {
        using var file = PlainFile.OpenRead(path);
        return file.Length;
    }

    private static string Why(RequestFailedException refused) => refused.ErrorCode switch
    {
        "ContainerNotFound" => "ContainerNotFound; it is no storage account of SlmOps, check --storage.",
        "InvalidBlockList" => "InvalidBlockList; somebody else uploaded the same file at the same time. Push again.",
        "InvalidBlobOrBlock" => "InvalidBlobOrBlock; another tool began to upload the same file. Push again, or under another version.",
        { } code => code,
        null => refused.Message.Split('\n')[0].TrimEnd(),
    };

    private static string GoesOn(TransferMeter meter) => meter.Look() is { Done: >= BlockPlan.LeastBlockBytes } state
        ? $" About {StatusChanges.Bytes(state.Done)} of {StatusChanges.Bytes(state.Total)} are in storage: the same command goes on from "
            + "there, within a week."
        : "";
}
