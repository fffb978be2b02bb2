using SlmOps.Contracts;

namespace SlmOps.Pipeline.Access;

/// <summary>What a device's call is about.</summary>
/// <param name="Device">The device named in it, or default for none.</param>
/// <param name="Channel">The channel named in it, or default for none.</param>
internal sealed record DeviceCall(DeviceId Device = default, ChannelName Channel = default);

/// <summary>A device's token as it was read.</summary>
/// <param name="Device">Issuer and subject.</param>
/// <param name="Audience">The service it is for.</param>
/// <param name="Id">Its id, used once.</param>
/// <param name="IssuedAt">When it was made, by the device's clock.</param>
/// <param name="Expires">When it ends.</param>
/// <param name="SignatureHolds">True when the enrolled key signed it.</param>
internal sealed record Assertion(
    DeviceId Device, string Audience, string Id, DateTimeOffset IssuedAt, DateTimeOffset Expires, bool SignatureHolds);
