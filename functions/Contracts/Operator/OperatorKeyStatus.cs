namespace SlmOps.Contracts.Operator;

/// <summary>An operator's key, without the key.</summary>
public sealed record OperatorKeyStatus
{
    /// <summary>Its id, the part that is no secret.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is; the audit log names it.</summary>
    public required string Name { get; init; }

    /// <summary>What its holder may do.</summary>
    public required OperatorRole Role { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends by itself, or null.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was revoked, or null.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
}

/// <summary>A key that was just made: the only time that it is shown.</summary>
/// <param name="Status">What is kept of it.</param>
/// <param name="Key">The key itself.</param>
public sealed record NewOperatorKey(OperatorKeyStatus Status, string Key);
