using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Identity;

/// <summary>What the device got when it enrolled, in <c>identity.json</c>.</summary>
/// <param name="Schema">Format version, 1.</param>
/// <param name="DeviceId">Who it is.</param>
/// <param name="Answer">What the service gave.</param>
internal sealed record IdentityRecord(int Schema, string DeviceId, EnrolmentAnswer Answer)
{
    internal const int CurrentSchema = 1;
}
