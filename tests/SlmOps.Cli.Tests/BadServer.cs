using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SlmOps.Cli.Tests;

/// <summary>A server that gives every request the same answer, whatever bytes that are, and hangs up.</summary>
internal sealed class BadServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly byte[] _answer;
    private readonly Task _serving;

    private BadServer(string answer)
    {
        _answer = Encoding.UTF8.GetBytes(answer);
        _listener.Start();
        _serving = ServeAsync();
    }

    internal static IReadOnlyDictionary<string, string> Answers { get; } = new Dictionary<string, string>
    {
        ["html"] = Ok("text/html", "<html>Log in to the hotel's network</html>"),
        ["no content"] = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        ["empty object"] = Ok("application/json", "{}"),
        ["list of nothing"] = Ok("application/json", "[null]"),
        ["list of empty objects"] = Ok("application/json", "[{}]"),
        ["list of lists"] = Ok("application/json", "[[1]]"),
        ["null"] = Ok("application/json", "null"),
        ["nulls inside"] = Ok("application/json", """{"model":null,"version":null,"state":null,"variants":null,"events":null,"message":null}"""),
        ["wrong charset"] = Ok("application/json; charset=nonsense", "{}"),
        ["not UTF-8 of JSON"] = Ok("application/json", "{\"model\":\"\\ud800\"}"),
        ["500"] = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops",
        ["401"] = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ["cut short"] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n[{\"channel\":",
        ["no HTTP"] = "SSH-2.0-OpenSSH_9.0\r\n",
        ["silence"] = "",
    };

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    internal static BadServer Start(string answer) => new(Answers[answer]);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    private static string Ok(string type, string body) =>
        $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}";

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                try
                {
                    var stream = client.GetStream();
                    await stream.ReadAtLeastAsync(new byte[4096], 1, throwOnEndOfStream: false);
                    await stream.WriteAsync(_answer);
                }
                catch (IOException)
                {
                    // The client has hung up before.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
