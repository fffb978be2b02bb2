using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;

namespace SlmOps.EdgeAgent.Options;

/// <summary>Every setting of a running agent, checked.</summary>
internal sealed record AgentOptions
{
    /// <summary>Base address of the service, ending in a slash.</summary>
    public required Uri Url { get; init; }

    /// <summary>Token to enrol with, or null where the device is enrolled already.</summary>
    public required string? Token { get; init; }

    /// <summary>Channel to follow.</summary>
    public required ChannelName Channel { get; init; }

    /// <summary>Device id, or null for the one that the data folder keeps.</summary>
    public required DeviceId? DeviceId { get; init; }

    /// <summary>Data folder.</summary>
    public required string DataPath { get; init; }

    /// <summary>The file with what the device trusts: two public keys and the first root.</summary>
    public required string TrustPath { get; init; }

    /// <summary>Labels for ring selectors.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Memory the model may use.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>What matters most in a variant.</summary>
    public required Preference Preference { get; init; }

    /// <summary>Mean time between looks at the channel.</summary>
    public required TimeSpan Poll { get; init; }

    /// <summary>What starts the smoke test, before the program itself; empty for nothing.</summary>
    public required IReadOnlyList<string> Launcher { get; init; }
}
