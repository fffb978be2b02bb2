using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using SlmOps.Local;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>
/// One device's line to the service. What is small comes through at once; a file comes drop by drop, and never whole until the
/// line is said to be free.
/// </summary>
internal sealed class SlowLine : IAsyncDisposable
{
    // Documents are smaller, models are larger.
    private const int Small = 8 << 10;
    private const int Drop = 64;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly TaskCompletionSource _file = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _free = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly WebApplication _web;

    private SlowLine(Uri service)
    {
        _web = LoopbackWeb.Build(0, NullLoggerFactory.Instance, limits: limits => limits.MinResponseDataRate = null);
        _web.Run(context => PassAsync(context, service));
    }

    /// <summary>Where a device finds the service.</summary>
    internal Uri Url => LoopbackWeb.AddressOf(_web);

    /// <summary>Ends when the first bytes of a file went through.</summary>
    internal Task File => _file.Task;

    internal static async Task<SlowLine> StartAsync(Platform platform)
    {
        var line = new SlowLine(platform.Connection.FunctionsUrl);
        await line._web.StartAsync(TestContext.Current.CancellationToken);
        return line;
    }

    /// <summary>From now on it is as fast as any.</summary>
    internal Task FreeAsync() => _free.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await FreeAsync();
        await _web.DisposeAsync();
        _client.Dispose();
        _free.Dispose();
    }

    private async Task PassAsync(HttpContext context, Uri service)
    {
        // Files are read from storage; the line leads there too.
        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method), new Uri(service, context.Request.Path + context.Request.QueryString));
        if (context.Request.ContentLength > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
        }

        foreach (var (name, values) in context.Request.Headers.Where(header => header.Key is not ("Host" or "Connection")))
        {
            if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }

        try
        {
            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(header => header.Key != "Transfer-Encoding"))
            {
                context.Response.Headers[name] = values.ToArray();
            }

            await SendAsync(context.Response.Body, await answer.Content.ReadAsByteArrayAsync(context.RequestAborted), context.RequestAborted);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // The service is away, or the device is.
            context.Abort();
        }
    }

    private async Task SendAsync(Stream body, byte[] bytes, CancellationToken aborted)
    {
        var sent = 0;
        while (bytes.Length > Small && !_free.IsCancellationRequested)
        {
            // The last drop waits: no machine is so slow that the file came before it should.
            var drop = Math.Min(Drop, bytes.Length - sent - 1);
            await body.WriteAsync(bytes.AsMemory(sent, drop), aborted);
            await body.FlushAsync(aborted);
            sent += drop;
            _file.TrySetResult();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, _free.Token);
            await Task.Delay(Pause, TimeProvider.System, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            aborted.ThrowIfCancellationRequested();
        }

        await body.WriteAsync(bytes.AsMemory(sent), aborted);
    }
}
