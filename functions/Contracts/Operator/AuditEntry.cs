namespace SlmOps.Contracts.Operator;

/// <summary>One line of the audit log. Each holds the hash of the one before; see <see cref="AuditChain"/>.</summary>
public sealed record AuditEntry
{
    /// <summary>1 for the first, then one more each time.</summary>
    public required long Seq { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Name and id of the operator's key.</summary>
    public required string Who { get; init; }

    /// <summary>Name of the call, as <see cref="OperatorCalls"/> has it.</summary>
    public required string Call { get; init; }

    /// <summary>What it was about: path and query, without anything secret.</summary>
    public required string Target { get; init; }

    /// <summary>Null when the command was asked for, and before anything was done; else the HTTP status that it ended with.</summary>
    public int? Status { get; init; }

    /// <summary>Number of the entry in which the command was asked for; null there.</summary>
    public long? Of { get; init; }

    /// <summary>Hash of the entry before; 64 zeros for the first.</summary>
    public required string Previous { get; init; }

    /// <summary>SHA-256 of everything above in canonical form, in hexadecimal.</summary>
    public required string Hash { get; init; }
}

/// <summary>A piece of the audit log.</summary>
/// <param name="Entries">Entries in order, at most <see cref="MaxEntries"/>.</param>
/// <param name="LastSeq">Number of the newest entry of all; 0 for an empty log.</param>
/// <param name="LastHash">Its hash.</param>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, long LastSeq, string LastHash)
{
    /// <summary>Most entries of one piece.</summary>
    public const int MaxEntries = 500;
}
