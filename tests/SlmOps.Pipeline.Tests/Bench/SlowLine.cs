using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace SlmOps.Pipeline.Tests.Bench;

/// <summary>
/// A line to storage that is as long and as narrow as one within a data centre: what goes in comes out later, in both
/// directions, and no connection is faster than its rate.
/// </summary>
internal sealed class SlowLine : IAsyncDisposable
{
    private const int PieceBytes = 64 << 10;

    // As much as is on its way at 100 MB/s and 50 ms.
    private const int Pieces = 80;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _target;
    private readonly TimeSpan _delay;
    private readonly long _bytesPerSecond;
    private readonly Task _serving;
    private int _connections;

    /// <param name="target">Address of the storage service.</param>
    /// <param name="roundTrip">How much later an answer comes than it would.</param>
    /// <param name="bytesPerSecond">Rate of one connection.</param>
    internal SlowLine(Uri target, TimeSpan roundTrip, long bytesPerSecond)
    {
        _target = new(IPAddress.Loopback, target.Port);
        (_delay, _bytesPerSecond) = (roundTrip / 2, bytesPerSecond);
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Where clients find the service.</summary>
    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections that went through it.</summary>
    internal int Connections => Volatile.Read(ref _connections);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var lines = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                lines.Add(ConnectAsync(client));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(lines);
        }
    }

    private async Task ConnectAsync(Socket client)
    {
        using var near = client;
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        try
        {
            near.NoDelay = far.NoDelay = true;
            await far.ConnectAsync(_target, over.Token);
            await Task.WhenAny(CarryAsync(near, far, over.Token), CarryAsync(far, near, over.Token));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
            // Either side has hung up.
        }

        await over.CancelAsync();
    }

    private async Task CarryAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        var line = Channel.CreateBounded<(long Due, byte[] Bytes)>(Pieces);
        var taking = TakeAsync(from, line.Writer, cancellationToken);
        try
        {
            var free = 0L;
            await foreach (var (due, bytes) in line.Reader.ReadAllAsync(cancellationToken))
            {
                // It arrives when it was carried so far, and what went before it has left the line.
                free = Math.Max(free, due) + (TimeProvider.System.TimestampFrequency * bytes.Length / _bytesPerSecond);
                var wait = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), free);
                if (wait > TimeSpan.FromMilliseconds(1))
                {
                    await Task.Delay(wait, TimeProvider.System, cancellationToken);
                }

                for (var sent = 0; sent < bytes.Length;)
                {
                    sent += await to.SendAsync(bytes.AsMemory(sent), cancellationToken);
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
            // Either side has hung up.
        }

        await taking;
    }

    private async Task TakeAsync(Socket from, ChannelWriter<(long Due, byte[] Bytes)> line, CancellationToken cancellationToken)
    {
        var buffer = new byte[PieceBytes];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer, cancellationToken)) > 0;)
            {
                var due = TimeProvider.System.GetTimestamp() + (long)(_delay.TotalSeconds * TimeProvider.System.TimestampFrequency);
                await line.WriteAsync((due, buffer[..read]), cancellationToken);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
            // Either side has hung up.
        }

        line.Complete();
    }
}
