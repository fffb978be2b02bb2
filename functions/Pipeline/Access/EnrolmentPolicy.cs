using SlmOps.Contracts;

namespace SlmOps.Pipeline.Access;

/// <summary>Whom a token lets in. Pure.</summary>
internal static class EnrolmentPolicy
{
    /// <summary>Null when the device may come in.</summary>
    /// <param name="token">The token's record; null when no such token is known.</param>
    /// <param name="device">Id of the device.</param>
    /// <param name="channel">Channel that it wants to follow.</param>
    /// <param name="key">Its public key, PEM.</param>
    /// <param name="known">The device as it is enrolled, or null.</param>
    /// <param name="now">The time.</param>
    internal static Refusal? Decide(
        EnrolmentToken? token, DeviceId device, ChannelName channel, string key, EnrolledDevice? known, DateTimeOffset now) => token switch
        {
            null => new(401, "enrolment-unknown", "No such enrolment token is known here; make one with: slmops device token"),
            { RevokedAt: { } at } => new(401, "enrolment-revoked", $"The enrolment token {token.Id} was revoked at {at:u}."),
            _ when token.ExpiresAt <= now => new(401, "enrolment-ended", $"The enrolment token {token.Id} ended at {token.ExpiresAt:u}."),
            _ when token.Used >= token.Uses && !IsRepetition(token, key, known) =>
                new(401, "enrolment-used", $"The enrolment token {token.Id} was good for {token.Uses} devices, which have come in."),
            { Channel: { IsEmpty: false } only } when only != channel =>
                new(403, "enrolment-channel", $"The enrolment token {token.Id} is for the channel '{only}', not for '{channel}'."),
            { Device: { IsEmpty: false } only } when only != device =>
                new(403, "enrolment-device", $"The enrolment token {token.Id} is for the device '{only}', not for '{device}'."),
            _ when known is { RevokedAt: { } at } && token.Device != device => new(
                403, RefusalCodes.DeviceRevoked,
                $"'{device}' was revoked at {at:u}; it comes in again with a token of its own: slmops device token --device {device}"),
            _ when known is not null && known.Key != key && !token.Replaces(device) => new(
                409, "device-exists",
                $"'{device}' is enrolled with another key. If that is the same device, give it a token of its own: "
                + $"slmops device token --device {device}"),
            _ => null,
        };

    /// <summary>True for a device whose enrolment was done and whose answer was lost: it costs no second use.</summary>
    internal static bool IsRepetition(EnrolmentToken token, string key, EnrolledDevice? known) =>
        known is { RevokedAt: null } && known.Key == key && known.TokenId == token.Id;
}
