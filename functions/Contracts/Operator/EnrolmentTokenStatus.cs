namespace SlmOps.Contracts.Operator;

/// <summary>A token with which devices come into the fleet, without the token.</summary>
public sealed record EnrolmentTokenStatus
{
    /// <summary>Its id, the part that is no secret.</summary>
    public required string Id { get; init; }

    /// <summary>How many devices may come in with it.</summary>
    public required int Uses { get; init; }

    /// <summary>How many did.</summary>
    public required int Used { get; init; }

    /// <summary>The one channel it is for, or null.</summary>
    public string? Channel { get; init; }

    /// <summary>The one device it is for, or null.</summary>
    public string? Device { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends by itself.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was revoked, or null.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
}

/// <summary>A token that was just made: the only time that it is shown.</summary>
/// <param name="Status">What is kept of it.</param>
/// <param name="Token">The token itself.</param>
public sealed record NewEnrolmentToken(EnrolmentTokenStatus Status, string Token);
