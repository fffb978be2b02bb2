using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SlmOps.Local.Workers.Protocol;

namespace SlmOps.Local.Workers;

/// <summary>Where workers connect: gRPC on loopback. A stream is taken only from a worker whose id was given out here.</summary>
internal sealed class WorkerRpcServer : IAsyncDisposable
{
    /// <summary>Largest message either way; the largest queue message has 64 KB, an HTTP body 100 MB.</summary>
    public const int MaxMessageBytes = 128 * 1024 * 1024;

    private readonly ConcurrentDictionary<string, WorkerStream> _expected;
    private readonly WebApplication _web;

    private WorkerRpcServer(WebApplication web, ConcurrentDictionary<string, WorkerStream> expected) => (_web, _expected) = (web, expected);

    public Uri Url { get; private set; } = null!;

    public static async Task<WorkerRpcServer> StartAsync(ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var expected = new ConcurrentDictionary<string, WorkerStream>();
        var web = LoopbackWeb.Build(
            0, loggers,
            services =>
            {
                services.AddSingleton(expected);
                services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = MaxMessageBytes);
            },
            protocols: HttpProtocols.Http2);
        web.MapGrpcService<Streams>();
        await web.StartAsync(cancellationToken);
        return new(web, expected) { Url = LoopbackWeb.AddressOf(web) };
    }

    /// <summary>Lets the worker with this id connect, once.</summary>
    public void Expect(string workerId, WorkerStream stream) => _expected[workerId] = stream;

    public async ValueTask DisposeAsync()
    {
        foreach (var stream in _expected.Values)
        {
            stream.End();
        }

        await _web.DisposeAsync();
    }

    private sealed class Streams(ConcurrentDictionary<string, WorkerStream> expected) : FunctionRpc.FunctionRpcBase
    {
        public override async Task EventStream(
            IAsyncStreamReader<StreamingMessage> requestStream,
            IServerStreamWriter<StreamingMessage> responseStream,
            ServerCallContext context)
        {
            if (!await requestStream.MoveNext(context.CancellationToken)
                || requestStream.Current.StartStream is not { } start
                || !expected.TryRemove(start.WorkerId, out var stream))
            {
                throw new RpcException(new Status(StatusCode.PermissionDenied, "This host expects no such worker."));
            }

            await stream.ServeAsync(requestStream, responseStream, context.CancellationToken);
        }
    }
}
