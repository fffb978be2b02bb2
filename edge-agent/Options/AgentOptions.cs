using SlmOps.EdgeAgent.Planning;

namespace SlmOps.EdgeAgent.Options;

/// <summary>Every setting of a running agent, checked.</summary>
/// <param name="Url">Base address of the service, ending in a slash.</param>
/// <param name="Key">Function key, or null.</param>
/// <param name="Channel">Channel to follow.</param>
/// <param name="DeviceId">Device id, or null for the one that the data folder keeps.</param>
/// <param name="DataPath">Data folder.</param>
/// <param name="TrustPath">The file with what the device trusts: two public keys and the first root.</param>
/// <param name="Labels">Labels for ring selectors.</param>
/// <param name="MemoryBytes">Memory the model may use.</param>
/// <param name="Preference">What matters most in a variant.</param>
/// <param name="Poll">Mean time between looks at the channel.</param>
/// <param name="Launcher">What starts the smoke test, before the program itself; empty for nothing.</param>
internal sealed record AgentOptions(
    Uri Url,
    string? Key,
    string Channel,
    string? DeviceId,
    string DataPath,
    string TrustPath,
    IReadOnlyDictionary<string, string> Labels,
    long MemoryBytes,
    Preference Preference,
    TimeSpan Poll,
    IReadOnlyList<string> Launcher);
