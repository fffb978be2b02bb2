namespace SlmOps.Pipeline.Access;

/// <summary>Whether a key opens a call. Pure.</summary>
internal static class OperatorAccess
{
    /// <summary>Null when it does.</summary>
    /// <param name="presented">True when the caller sent a key at all.</param>
    /// <param name="key">The key's record; null when no such key is known.</param>
    /// <param name="call">What is called.</param>
    /// <param name="now">The time.</param>
    internal static Refusal? Decide(bool presented, OperatorKeyRecord? key, OperatorCall call, DateTimeOffset now) => key switch
    {
        null when !presented => new(401, "key-missing", "Send an operator's key: Authorization: Bearer <key>."),
        null => new(401, "key-unknown", "No such operator's key is known here."),
        { RevokedAt: { } at } => new(401, "key-revoked", $"The key {key.Id} of {key.Name} was revoked at {at:u}."),
        _ when !key.IsLive(now) => new(401, "key-expired", $"The key {key.Id} of {key.Name} ended at {key.ExpiresAt:u}."),
        _ when key.Role < call.Role => new(
            403, "role", $"{call.Name} needs a key of role {StateName.Of(call.Role)}; that of {key.Name} has {StateName.Of(key.Role)}."),
        _ => null,
    };
}
