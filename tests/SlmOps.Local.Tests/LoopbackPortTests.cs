using System.Net;
using System.Net.Sockets;

namespace SlmOps.Local.Tests;

public sealed class LoopbackPortTests
{
    [Fact]
    public void Choose_WantedPortIsTaken_TakesOneThatOutgoingConnectionsDoNot()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var wanted = ((IPEndPoint)taken.LocalEndpoint).Port;

        var chosen = LoopbackPort.Choose(wanted);

        Assert.Equal(0, LoopbackPort.IfFree(wanted));
        Assert.InRange(chosen, 20_000, 31_999);
        Assert.Equal(chosen, LoopbackPort.IfFree(chosen));
    }
}
