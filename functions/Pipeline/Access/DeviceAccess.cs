using SlmOps.Contracts;

namespace SlmOps.Pipeline.Access;

/// <summary>Whether a device is let in to a call. Pure.</summary>
internal static class DeviceAccess
{
    /// <summary>The longest that a token may live.</summary>
    internal static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(5);

    /// <summary>How far a device's clock may be ahead or behind without being told.</summary>
    internal static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);

    /// <summary>Null when it is; whether the token was used before is looked at afterwards.</summary>
    /// <param name="presented">True when the caller sent a token at all.</param>
    /// <param name="assertion">The token; null when it is none.</param>
    /// <param name="device">The device that it names; null when there is none.</param>
    /// <param name="audience">This service.</param>
    /// <param name="call">What is called.</param>
    /// <param name="now">The time.</param>
    internal static Refusal? Decide(
        bool presented, Assertion? assertion, EnrolledDevice? device, string audience, DeviceCall call, DateTimeOffset now) =>
        assertion switch
        {
            null when !presented => new(
                401, RefusalCodes.TokenMissing, "Send a token that the device's enrolled key signed: Authorization: Bearer <token>."),
            null => new(401, RefusalCodes.TokenMalformed, "The token is no ES256 JWT with iss, sub, aud, iat, exp and jti, of a device."),
            _ when device is null => new(401, RefusalCodes.DeviceUnknown, $"No device '{assertion.Device}' is enrolled here."),
            { SignatureHolds: false } => new(
                401, RefusalCodes.TokenSignature, $"The token is not signed by the key that '{device.Id}' is enrolled with."),
            _ when assertion.Audience != audience => new(
                401, RefusalCodes.TokenAudience, $"The token is not for this service, '{audience}'."),
            _ when assertion.Expires <= assertion.IssuedAt || assertion.Expires - assertion.IssuedAt > LongestLife => new(
                401, RefusalCodes.TokenLife, $"A token lives at most {LongestLife.TotalMinutes:0} minutes."),
            _ when assertion.IssuedAt > now + Skew => new(
                401, RefusalCodes.TokenEarly, $"The token was made at {assertion.IssuedAt:u}; it is {now:u}."),
            _ when assertion.Expires <= now - Skew => new(
                401, RefusalCodes.TokenExpired, $"The token ended at {assertion.Expires:u}; it is {now:u}."),
            _ when device.RevokedAt is { } at => new(403, RefusalCodes.DeviceRevoked, $"'{device.Id}' was revoked at {at:u}."),
            _ when device.NotAfter <= now => new(
                401, RefusalCodes.CertificateExpired, $"The certificate of '{device.Id}' ended at {device.NotAfter:u}; enrol again."),
            _ when !call.Device.IsEmpty && call.Device != device.Id => new(
                403, RefusalCodes.OtherDevice, $"'{device.Id}' speaks for itself alone, not for '{call.Device}'."),
            _ when !call.Channel.IsEmpty && call.Channel != device.Channel => new(
                403, RefusalCodes.OtherChannel, $"'{device.Id}' reads its own channel '{device.Channel}' alone, not '{call.Channel}'."),
            _ => null,
        };
}
