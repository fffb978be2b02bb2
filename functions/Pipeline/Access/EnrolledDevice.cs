using SlmOps.Contracts;

namespace SlmOps.Pipeline.Access;

/// <summary>A device of the fleet.</summary>
/// <param name="Id">Device id.</param>
/// <param name="Channel">The one channel that it reads and reports for.</param>
/// <param name="Key">Its public key, PEM.</param>
/// <param name="TokenId">The enrolment token that it came in with.</param>
/// <param name="EnrolledAt">When it came in.</param>
/// <param name="NotAfter">When its newest certificate ends.</param>
/// <param name="RevokedAt">When an operator revoked it, or null.</param>
internal sealed record EnrolledDevice(
    DeviceId Id,
    ChannelName Channel,
    string Key,
    string TokenId,
    DateTimeOffset EnrolledAt,
    DateTimeOffset NotAfter,
    DateTimeOffset? RevokedAt);
