namespace SlmOps.Pipeline.Access;

/// <summary>What a device may come in with.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Sha256">Hash of the token.</param>
/// <param name="Uses">How many devices may come in with it.</param>
/// <param name="Used">How many did.</param>
/// <param name="Channel">The one channel it is for, or null.</param>
/// <param name="Device">The one device it is for, or null. It may then come with another key than before, and after it was revoked.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends by itself.</param>
/// <param name="RevokedAt">When it was revoked, or null.</param>
internal sealed record EnrolmentToken(
    string Id,
    string Sha256,
    int Uses,
    int Used,
    string? Channel,
    string? Device,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? RevokedAt)
{
    /// <summary>Id of the token of the settings.</summary>
    internal const string OfSettings = "settings";

    /// <summary>True when a device may come with another key than the one it is enrolled with.</summary>
    internal bool Replaces(string device) => Device == device || Id == OfSettings;
}
