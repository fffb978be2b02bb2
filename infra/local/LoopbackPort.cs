using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace SlmOps.Local;

/// <summary>Ports on 127.0.0.1.</summary>
internal static class LoopbackPort
{
    private const int LowestChosen = 20_000;
    private const int HighestChosen = 32_000;
    private const int MaxAttempts = 200;

    /// <summary>The wanted port when it is free now, else 0, which lets the listener take any free one.</summary>
    public static int IfFree(int wanted)
    {
        if (wanted == 0)
        {
            return 0;
        }

        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, wanted);
            // Windows lets two listeners share a port unless one says no; elsewhere saying no would also refuse a port
            // whose last connections have only just closed.
            listener.ExclusiveAddressUse = OperatingSystem.IsWindows();
            listener.Start();
            return wanted;
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>
    /// The wanted port when it is free now, else one that is free now and stays so unless somebody asks for it: it lies
    /// below the ports that systems give to outgoing connections.
    /// </summary>
    /// <exception cref="LocalPlatformException">When none is free.</exception>
    public static int Choose(int wanted)
    {
        for (
            var (attempt, port) = (0, wanted);
            attempt < MaxAttempts;
            attempt++, port = RandomNumberGenerator.GetInt32(LowestChosen, HighestChosen))
        {
            if (IfFree(port) is var free and > 0)
            {
                return free;
            }
        }

        throw new LocalPlatformException($"No free port on 127.0.0.1 between {LowestChosen} and {HighestChosen}.");
    }
}
