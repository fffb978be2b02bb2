using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using SlmOps.Cli.Push;

namespace SlmOps.Cli.Tests.Push;

public sealed class UploaderTests(PushStorage storage) : IClassFixture<PushStorage>
{
    private const int Blocks = 4;
    private const string Block = "PUT block";
    private const string Commit = "PUT blocklist";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task Run_LargeFile_ArrivesInBlocksAsItIs(int parallel)
    {
        using var folder = new Folder($"large-{parallel}");
        var path = Large(folder, $"large-{parallel}.onnx");

        var requests = await storage.PushAsync(path, parallel: parallel);

        Assert.Equal((Blocks, 1), (Count(requests, Block), Count(requests, Commit)));
        Assert.Equal(await File.ReadAllBytesAsync(path, Cancelled), await storage.ContentAsync("drop", $"large-{parallel}/1.onnx"));
    }

    [Fact]
    public async Task Run_Folder_ManifestIsWrittenWhenEverythingElseIs()
    {
        using var folder = new Folder("ordered");
        Large(folder, "model.onnx_data");
        folder.Put("model.onnx", "graph");
        folder.Put("empty.txt");
        folder.Put("slmops.json", "{}");

        var requests = await storage.PushAsync(folder.Path, parallel: 8);

        Assert.Equal("PUT slmops.json", requests[^1]);
        Assert.Equal(1, Count(requests, "PUT slmops.json"));
        Assert.Equal("graph"u8.ToArray(), await storage.ContentAsync("models", "ordered/1/model.onnx"));
        Assert.Empty(await storage.ContentAsync("models", "ordered/1/empty.txt"));
    }

    [Fact]
    public async Task Run_Interrupted_GoesOnWhereItStopped()
    {
        using var folder = new Folder("resumed");
        var path = Large(folder, "resumed.onnx");
        await InterruptAsync(path, sent: 2);

        var requests = await storage.PushAsync(path);

        Assert.Equal((Blocks - 2, 1), (Count(requests, Block), Count(requests, Commit)));
        Assert.Equal(await File.ReadAllBytesAsync(path, Cancelled), await storage.ContentAsync("drop", "resumed/1.onnx"));
    }

    [Fact]
    public async Task Run_InterruptedAndFileChangedSince_OldBlocksAreNotMixedIn()
    {
        using var folder = new Folder("changed");
        var path = Large(folder, "changed.onnx");
        await InterruptAsync(path, sent: 3);
        Overwrite(path, at: (8 << 20) + 5);

        var requests = await storage.PushAsync(path);

        // The second block has other bytes, the fourth was never there.
        Assert.Equal(2, Count(requests, Block));
        Assert.Equal(await File.ReadAllBytesAsync(path, Cancelled), await storage.ContentAsync("drop", "changed/1.onnx"));
    }

    [Fact]
    public async Task Run_InterruptedAndFileShiftedSince_EverythingIsSentAnew()
    {
        using var folder = new Folder("shifted");
        var path = Large(folder, "shifted.onnx");
        await InterruptAsync(path, sent: 3);
        await File.WriteAllBytesAsync(path, [7, .. await File.ReadAllBytesAsync(path, Cancelled)], Cancelled);

        var requests = await storage.PushAsync(path);

        Assert.Equal(Blocks, Count(requests, Block));
        Assert.Equal(await File.ReadAllBytesAsync(path, Cancelled), await storage.ContentAsync("drop", "shifted/1.onnx"));
    }

    [Fact]
    public async Task Run_AllIsThere_OnlyTheFileThatStartsTheRunIsWrittenAgain()
    {
        using var folder = new Folder("again");
        Large(folder, "model.onnx_data");
        folder.Put("slmops.json", "{}");
        folder.Put("model.onnx", "graph");
        await storage.PushAsync(folder.Path);

        var requests = await storage.PushAsync(folder.Path);
        var dropped = await AgainAsync(folder);

        Assert.Equal((0, 0, 1), (Count(requests, Block), Count(requests, Commit), Count(requests, "PUT slmops.json")));
        Assert.Equal((0, 1), (Count(dropped, Block), Count(dropped, Commit)));
    }

    [Fact]
    public async Task Run_AnotherPushOfTheSameCameFirst_BlobIsLeftAsItIs()
    {
        using var folder = new Folder("raced");
        Large(folder, "model.onnx_data");
        folder.Put("slmops.json", "{}");
        folder.Put("model.onnx", "graph");
        var isFirst = true;

        var requests = await storage.PushAsync(folder.Path, async request =>
        {
            if (isFirst && request.StartsWith(Block + " ", StringComparison.Ordinal))
            {
                isFirst = false;
                await storage.PushAsync(folder.Path);
            }
        });

        Assert.Equal(0, Count(requests, Commit));
    }

    [Fact]
    public async Task Run_BlobHasOneOtherBlock_ThatOneIsSent()
    {
        using var folder = new Folder("patched");
        var path = Large(folder, "patched.onnx");
        await storage.PushAsync(path);
        Overwrite(path, at: 3);

        var requests = await storage.PushAsync(path);

        Assert.Equal((1, 1), (Count(requests, Block), Count(requests, Commit)));
        Assert.Equal(await File.ReadAllBytesAsync(path, Cancelled), await storage.ContentAsync("drop", "patched/1.onnx"));
    }

    [Fact]
    public async Task Run_AnotherToolsBlocksWait_TheirNamesLengthIsKept()
    {
        using var folder = new Folder("foreign");
        var path = Large(folder, "foreign.onnx");
        await StageAsync("foreign/1.onnx", new byte[48]);

        await storage.PushAsync(path);

        Assert.Equal(await File.ReadAllBytesAsync(path, Cancelled), await storage.ContentAsync("drop", "foreign/1.onnx"));
        var blob = storage.Blobs.GetBlobContainerClient("drop").GetBlockBlobClient("foreign/1.onnx");
        var list = (await blob.GetBlockListAsync(BlockListTypes.Committed, cancellationToken: Cancelled)).Value;
        Assert.All(list.CommittedBlocks, block => Assert.Equal(48, BlockId.LengthOf(block.Name)));
    }

    [Fact]
    public async Task Run_AnotherToolsBlocksHaveShortNames_IsRefusedWithWhatToDo()
    {
        using var folder = new Folder("short");
        var path = Large(folder, "short.onnx");
        await StageAsync("short/1.onnx", new byte[4]);

        var refused = await Assert.ThrowsAsync<CliException>(() => storage.PushAsync(path));

        Assert.StartsWith("Another tool left an unfinished upload of drop/short/1.onnx", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grown")]
    [InlineData("touched")]
    public async Task Run_FileChangesWhileItIsSent_NothingIsMadeOfIt(string how)
    {
        using var folder = new Folder(how);
        var path = Large(folder, $"{how}.onnx");
        var changed = false;

        var refused = await Assert.ThrowsAsync<CliException>(() => storage.PushAsync(path, request =>
        {
            if (!changed && request.StartsWith("PUT block ", StringComparison.Ordinal))
            {
                changed = true;
                Change(path, how);
            }
        }));

        Assert.StartsWith($"{path} changed while it was sent", refused.Message, StringComparison.Ordinal);
        var blob = storage.Blobs.GetBlobContainerClient("drop").GetBlobClient($"{how}/1.onnx");
        Assert.False(await blob.ExistsAsync(Cancelled));
    }

    [Fact]
    public async Task Run_ContainerIsMissing_SaysThatItIsNoStorageOfSlmOps()
    {
        using var folder = new Folder("nowhere");
        folder.Put("model.onnx", "graph");
        await storage.Blobs.GetBlobContainerClient("models").DeleteAsync(cancellationToken: Cancelled);
        try
        {
            var refused = await Assert.ThrowsAsync<CliException>(() => storage.PushAsync(folder.Path));

            Assert.StartsWith("Storage refused the upload: ContainerNotFound; ", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            await storage.Blobs.CreateBlobContainerAsync("models", cancellationToken: Cancelled);
        }
    }

    private static int Count(IReadOnlyList<string> requests, string kind) =>
        requests.Count(request => request.StartsWith(kind + " ", StringComparison.Ordinal) || request == kind);

    private async Task InterruptAsync(string path, int sent)
    {
        var seen = 0;
        await Assert.ThrowsAnyAsync<Exception>(() => storage.PushAsync(path, request =>
        {
            if (request.StartsWith(Block + " ", StringComparison.Ordinal) && seen++ == sent)
            {
                throw new IOException("The line is cut.");
            }
        }));
    }

    private async Task<IReadOnlyList<string>> AgainAsync(Folder folder)
    {
        var path = Large(folder, "again.onnx");
        await storage.PushAsync(path);
        return await storage.PushAsync(path);
    }

    private async Task StageAsync(string blob, byte[] name)
    {
        using var content = new MemoryStream([1, 2, 3]);
        await storage.Blobs.GetBlobContainerClient("drop").GetBlockBlobClient(blob)
            .StageBlockAsync(Convert.ToBase64String(name), content, cancellationToken: Cancelled);
    }

    /// <summary>Three blocks of the least size and a bit.</summary>
    private static string Large(Folder folder, string name)
    {
        var path = folder.Put(name);
        var bytes = new byte[((Blocks - 1) * BlockPlan.LeastBlockBytes) + 1000];
        new Random(name.Length).NextBytes(bytes);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static void Overwrite(string path, long at)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var old = new byte[1];
        RandomAccess.Read(file, old, at);
        RandomAccess.Write(file, [(byte)~old[0]], at);
    }

    private static void Change(string path, string how)
    {
        if (how == "touched")
        {
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
            return;
        }

        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.WriteByte(1);
    }
}
