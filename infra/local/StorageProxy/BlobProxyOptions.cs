using System.Text.Json;

namespace SlmOps.Local.StorageProxy;

/// <summary>How to start the proxy.</summary>
/// <param name="Target">Azurite's blob service.</param>
/// <param name="TargetConnectionString">Reads properties of committed blobs from it.</param>
/// <param name="Raise">Takes an event; when it throws, the client is told that the request failed and repeats it.</param>
internal sealed record BlobProxyOptions(Uri Target, string TargetConnectionString, Action<JsonElement> Raise)
{
    /// <summary>Wanted port; 0, or a port that is taken, becomes any free one.</summary>
    public int Port { get; init; }

    /// <summary>How long a body may take to begin; a client that reads from a busy disk takes its time.</summary>
    public TimeSpan BodyPatience { get; init; } = TimeSpan.FromSeconds(60);
}
