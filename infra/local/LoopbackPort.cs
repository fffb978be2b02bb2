using System.Net;
using System.Net.Sockets;

namespace SlmOps.Local;

/// <summary>Ports on 127.0.0.1.</summary>
internal static class LoopbackPort
{
    /// <summary>The wanted port when it is free now, else 0, which lets the listener take any free one.</summary>
    public static int IfFree(int wanted)
    {
        if (wanted == 0)
        {
            return 0;
        }

        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, wanted) { ExclusiveAddressUse = true };
            listener.Start();
            return wanted;
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>The wanted port when it is free now, else one that is free now.</summary>
    public static int Choose(int wanted)
    {
        if (IfFree(wanted) is var free and > 0)
        {
            return free;
        }

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
