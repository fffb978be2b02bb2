using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Cloud;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Download;
using SlmOps.EdgeAgent.Identity;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Tests.Fakes;
using SlmOps.Packaging.Storage;

namespace SlmOps.EdgeAgent.Tests.Download;

public sealed class BlobDownloaderTests
{
    private const int Size = 700_000;
    private static readonly byte[] Content = Models.Random(Size, 7);
    private static readonly BlobRef Blob = new(Digest.Of(Content), Size);

    [Fact]
    public async Task Fetch_ConnectionCutAgainAndAgain_ResumesWithRangeAndTag()
    {
        await using var rig = await Rig.StartAsync();
        rig.Service.OnBlob = async (context, _) =>
        {
            // 100 kB a connection, then the line goes dead.
            var from = From(context);
            var count = (int)Math.Min(100_000, Size - from);
            Announce(context, from, Size);
            await context.Response.Body.WriteAsync(Content.AsMemory((int)from, count), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (from + count < Size)
            {
                await rig.ArrivedAsync(Blob, from + count);
                context.Abort();
            }

            return true;
        };

        Assert.Null(await rig.FetchAsync(Blob));

        Assert.Equal(Content, rig.Stored(Blob));
        var storage = rig.Storage;
        Assert.Null(storage[0].Range);
        Assert.All(storage.Skip(1), request => Assert.StartsWith("bytes=", request.Range, StringComparison.Ordinal));
        Assert.All(storage.Skip(1), request => Assert.Equal("\"tag\"", request.IfMatch));
        Assert.True(storage.Count >= 7, $"{storage.Count} requests");
    }

    [Fact]
    public async Task Fetch_PartialFileFromBefore_IsHashedAndContinued()
    {
        await using var rig = await Rig.StartAsync(Content);
        File.WriteAllBytes(rig.Store.PartialOf(Blob.Digest), Content[..300_000]);

        Assert.Null(await rig.FetchAsync(Blob));

        Assert.Equal("bytes=300000-", Assert.Single(rig.Storage).Range);
        Assert.Equal(Content, rig.Stored(Blob));
    }

    [Fact]
    public async Task Fetch_PartialFileIsGarbage_StartsAgainAndSucceeds()
    {
        await using var rig = await Rig.StartAsync(Content);
        File.WriteAllBytes(rig.Store.PartialOf(Blob.Digest), new byte[300_000]);

        Assert.Null(await rig.FetchAsync(Blob));

        Assert.Equal(["bytes=300000-", null], rig.Storage.Select(request => request.Range));
        Assert.Equal(Content, rig.Stored(Blob));
    }

    [Fact]
    public async Task Fetch_PartialFileComplete_AsksForNothing()
    {
        await using var rig = await Rig.StartAsync();
        File.WriteAllBytes(rig.Store.PartialOf(Blob.Digest), Content);

        Assert.Null(await rig.FetchAsync(Blob));

        Assert.Empty(rig.Service.Requests);
    }

    [Fact]
    public async Task Fetch_PartialFileTooLong_StartsAgain()
    {
        await using var rig = await Rig.StartAsync(Content);
        File.WriteAllBytes(rig.Store.PartialOf(Blob.Digest), new byte[Size + 1]);

        Assert.Null(await rig.FetchAsync(Blob));
        Assert.Equal(Content, rig.Stored(Blob));
    }

    [Theory]
    [InlineData(412)]
    [InlineData(416)]
    public async Task Fetch_ResumeRefused_StartsAgainWithoutRange(int status)
    {
        await using var rig = await Rig.StartAsync(Content);
        File.WriteAllBytes(rig.Store.PartialOf(Blob.Digest), Content[..300_000]);
        File.WriteAllText(rig.Store.TagOf(Blob.Digest), "\"of another file\"");
        rig.Service.OnBlob = (context, _) =>
        {
            var resumed = context.Request.Headers.Range.Count > 0;
            context.Response.StatusCode = resumed ? status : 200;
            return Task.FromResult(resumed);
        };

        Assert.Null(await rig.FetchAsync(Blob));

        Assert.Equal(["bytes=300000-", null], rig.Storage.Select(request => request.Range));
        Assert.Equal(["\"of another file\"", null], rig.Storage.Select(request => request.IfMatch));
        Assert.Equal(Content, rig.Stored(Blob));
    }

    [Fact]
    public async Task Fetch_ServerIgnoresTheRange_TakesThe200FromItsStart()
    {
        await using var rig = await Rig.StartAsync();
        File.WriteAllBytes(rig.Store.PartialOf(Blob.Digest), Content[..300_000]);
        rig.Service.OnBlob = async (context, _) =>
        {
            context.Response.ContentLength = Size;
            await context.Response.Body.WriteAsync(Content, context.RequestAborted);
            return true;
        };

        Assert.Null(await rig.FetchAsync(Blob));
        Assert.Equal(Content, rig.Stored(Blob));
        Assert.Single(rig.Storage);
    }

    [Fact]
    public async Task Fetch_OtherBytesTwice_FailsAndKeepsNothing()
    {
        await using var rig = await Rig.StartAsync();
        rig.Service.OnBlob = async (context, _) =>
        {
            await context.Response.Body.WriteAsync(Models.Random(Size, 8), context.RequestAborted);
            return true;
        };

        var failure = await rig.FetchAsync(Blob);

        Assert.Equal((FailureKind.Attempt, "digest-mismatch"), (failure!.Kind, failure.Code));
        Assert.Equal(2, rig.Storage.Count);
        Assert.False(File.Exists(rig.Store.PartialOf(Blob.Digest)));
        Assert.False(File.Exists(rig.Store.PathOf(Blob.Digest)));
    }

    [Fact]
    public async Task Fetch_EndlessData_StopsAtTheSignedSize()
    {
        await using var rig = await Rig.StartAsync();
        rig.Service.OnBlob = async (context, _) =>
        {
            var chunk = new byte[100_000];
            for (var sent = 0; sent < 64 << 20 && !context.RequestAborted.IsCancellationRequested; sent += chunk.Length)
            {
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            }

            return true;
        };

        var failure = await rig.FetchAsync(Blob);

        Assert.Contains($"more than the {Size} bytes", failure!.Reason, StringComparison.Ordinal);
        Assert.False(File.Exists(rig.Store.PartialOf(Blob.Digest)) && new FileInfo(rig.Store.PartialOf(Blob.Digest)).Length > 0);
    }

    [Theory]
    [InlineData(Size - 1)]
    [InlineData(Size + 1)]
    public async Task Fetch_AnnouncedLengthIsWrong_IsRefusedBeforeTheBody(int announced)
    {
        await using var rig = await Rig.StartAsync();
        rig.Service.OnBlob = async (context, _) =>
        {
            context.Response.ContentLength = announced;
            await HoldAsync(context);
            return true;
        };

        var failure = await rig.FetchAsync(Blob);

        Assert.Equal("digest-mismatch", failure!.Code);
        Assert.Contains($"announced {announced} bytes", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_WrongRangeInThe206_IsRefused()
    {
        await using var rig = await Rig.StartAsync();
        File.WriteAllBytes(rig.Store.PartialOf(Blob.Digest), Content[..300_000]);
        rig.Service.OnBlob = async (context, _) =>
        {
            Announce(context, From(context) == 0 ? 1 : From(context) - 1, Size);
            await HoldAsync(context);
            return true;
        };

        var failure = await rig.FetchAsync(Blob);

        Assert.Equal("digest-mismatch", failure!.Code);
        Assert.Contains("announced range", failure.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "blob-refused", 1)]
    [InlineData(410, "blob-refused", 1)]
    [InlineData(403, "service-unavailable", 5)]
    [InlineData(500, "service-unavailable", 5)]
    [InlineData(503, "service-unavailable", 5)]
    public async Task Fetch_ErrorStatus_IsFinalOrTriedAFewTimes(int status, string code, int requests)
    {
        await using var rig = await Rig.StartAsync();
        rig.Service.OnBlob = (context, _) =>
        {
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };

        Assert.Equal(code, (await rig.FetchAsync(Blob))!.Code);
        Assert.Equal(requests, rig.Storage.Count);
    }

    [Fact]
    public async Task Fetch_RetryAfter_IsWaitedFor()
    {
        await using var rig = await Rig.StartAsync(Content);
        var refused = false;
        rig.Service.OnBlob = (context, _) =>
        {
            if (refused)
            {
                return Task.FromResult(false);
            }

            refused = true;
            (context.Response.StatusCode, context.Response.Headers.RetryAfter) = (503, "120");
            return Task.FromResult(true);
        };

        var fetch = rig.FetchAsync(Blob);
        await rig.Clock.WaitOf(TimeSpan.FromSeconds(120));
        rig.Clock.Advance(TimeSpan.FromSeconds(119));
        Assert.Single(rig.Storage);
        rig.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await fetch);
        Assert.Equal(2, rig.Storage.Count);
    }

    [Fact]
    public async Task Fetch_ServerStalls_GivesUpAfterTheStallTimeAndResumes()
    {
        await using var rig = await Rig.StartAsync(Content);
        var stalls = true;
        rig.Service.OnBlob = async (context, _) =>
        {
            if (!stalls)
            {
                return false;
            }

            stalls = false;
            Announce(context, 0, Size);
            await context.Response.Body.WriteAsync(Content.AsMemory(0, 200_000), context.RequestAborted);
            await HoldAsync(context);
            return true;
        };

        var fetch = rig.FetchAsync(Blob);
        await rig.ArrivedAsync(Blob, 200_000);
        rig.Clock.Advance(TimeSpan.FromSeconds(31));

        Assert.Null(await fetch);
        Assert.Equal(Content, rig.Stored(Blob));
    }

    [Fact]
    public async Task Fetch_SliceOver_StopsAndKeepsWhatItHas()
    {
        await using var rig = await Rig.StartAsync(Content);

        Assert.Same(BlobDownloader.TimeIsUp, await rig.FetchAsync(Blob, Bench.Start));

        Assert.InRange(new FileInfo(rig.Store.PartialOf(Blob.Digest)).Length, 1, Size - 1);
        Assert.Null(await rig.FetchAsync(Blob));
        Assert.Equal(Content, rig.Stored(Blob));
    }

    [Fact]
    public async Task Fetch_EmptyBlob_NeedsNoRequest()
    {
        await using var rig = await Rig.StartAsync();
        Assert.Null(await rig.FetchAsync(new(Digest.Of([]), 0)));
        Assert.Empty(rig.Service.Requests);
    }

    [Fact]
    public async Task Fetch_WholeBlob_IsReadOnly()
    {
        await using var rig = await Rig.StartAsync(Content);
        Assert.Null(await rig.FetchAsync(Blob));
        Assert.True(File.GetAttributes(rig.Store.PathOf(Blob.Digest)).HasFlag(FileAttributes.ReadOnly));
    }

    /// <summary>Sends what was written and then nothing, until the other side goes.</summary>
    private static async Task HoldAsync(HttpContext context)
    {
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static long From(HttpContext context) => context.Request.Headers.Range.FirstOrDefault() is { } range
        ? long.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture)
        : 0;

    private static void Announce(HttpContext context, long from, long size)
    {
        context.Response.StatusCode = from == 0 ? 200 : 206;
        context.Response.Headers.ETag = "\"tag\"";
        context.Response.ContentLength = size - from;
        if (from > 0)
        {
            context.Response.Headers.ContentRange = $"bytes {from}-{size - 1}/{size}";
        }
    }

    private sealed class Rig : IAsyncDisposable
    {
        private readonly TestFolder _folder;
        private readonly Credential _credential;
        private readonly HttpCloudLink _link;
        private readonly BlobDownloader _downloader;

        private Rig(TestFolder folder, Service service)
        {
            (_folder, Service) = (folder, service);
            Store = new(new DataFolder(folder["data"]));
            _credential = new(new DataFolder(folder["data"]), "d-1", "stable", Clock, NullLogger.Instance);
            _link = new(service.Url, _credential, Clock);
            _downloader = new(_link, Store, Clock, new ConstantRandom(0));
        }

        internal WatchedClock Clock { get; } = new(Bench.Start);

        internal Service Service { get; }

        internal ContentStore Store { get; }

        internal IReadOnlyList<(
            string Path, string? Range, string? IfMatch, string? Key, string? Traceparent, string? IfNoneMatch)> Storage =>
            [.. Service.Requests.Where(request => request.Path.StartsWith("/storage/", StringComparison.Ordinal))];

        internal static async Task<Rig> StartAsync(byte[]? content = null)
        {
            var folder = new TestFolder();
            var service = await Service.StartAsync(folder["service"]);
            if (content is not null)
            {
                await service.Store.AddAsync(content, CancellationToken.None);
            }

            return new(folder, service);
        }

        internal Task<Failure?> FetchAsync(BlobRef blob, DateTimeOffset? sliceEnd = null) =>
            _downloader.FetchAsync(blob, sliceEnd ?? DateTimeOffset.MaxValue, TestContext.Current.CancellationToken);

        /// <summary>Ends when so many bytes are in the partial file.</summary>
        internal async Task ArrivedAsync(BlobRef blob, long bytes)
        {
            while (new FileInfo(Store.PartialOf(blob.Digest)) is not { Exists: true } file || file.Length < bytes)
            {
                await Task.Yield();
            }
        }

        internal byte[] Stored(BlobRef blob) => File.ReadAllBytes(Store.PathOf(blob.Digest));

        public async ValueTask DisposeAsync()
        {
            _link.Dispose();
            _credential.Dispose();
            await Service.DisposeAsync();
            _folder.Dispose();
        }
    }
}
