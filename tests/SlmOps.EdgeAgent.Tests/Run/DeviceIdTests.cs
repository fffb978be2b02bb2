using Microsoft.Extensions.Logging.Abstractions;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests.Run;

public sealed class DeviceIdTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private DataFolder Data => new(_folder.Root);

    [Fact]
    public void DeviceIdOf_NewFolder_KeepsTheGivenIdOrMakesOne()
    {
        Assert.Equal("cam-7", AgentHost.DeviceIdOf(Data, "cam-7", NullLogger.Instance));
        Assert.Equal("cam-7", AgentHost.DeviceIdOf(Data, null, NullLogger.Instance));
        Assert.Equal("cam-7", AgentHost.DeviceIdOf(Data, "cam-7", NullLogger.Instance));
    }

    [Fact]
    public void DeviceIdOf_FolderOfAnotherDevice_IsRefused()
    {
        var made = AgentHost.DeviceIdOf(Data, null, NullLogger.Instance);

        var refused = Assert.Throws<InvalidDataException>(() => AgentHost.DeviceIdOf(Data, "cam-8", NullLogger.Instance));

        Assert.Contains(made, refused.Message, StringComparison.Ordinal);
        Assert.Contains("'cam-8'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(made, AgentHost.DeviceIdOf(Data, null, NullLogger.Instance));
    }
}
