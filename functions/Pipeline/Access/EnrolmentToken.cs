using SlmOps.Contracts;

namespace SlmOps.Pipeline.Access;

/// <summary>What a device may come in with.</summary>
internal sealed record EnrolmentToken
{
    /// <summary>Id of the token of the settings.</summary>
    internal const string OfSettings = "settings";

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Hash of the token.</summary>
    public required string Sha256 { get; init; }

    /// <summary>How many devices may come in with it.</summary>
    public required int Uses { get; init; }

    /// <summary>How many did.</summary>
    public required int Used { get; init; }

    /// <summary>The one channel it is for, or default for any.</summary>
    public ChannelName Channel { get; init; }

    /// <summary>
    /// The one device it is for, or default for any. It may then come with another key than before, and after it was revoked.
    /// </summary>
    public DeviceId Device { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends by itself.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was revoked, or null.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>True when a device may come with another key than the one it is enrolled with.</summary>
    internal bool Replaces(DeviceId device) => Device == device || Id == OfSettings;
}
