namespace SlmOps.Pipeline.Audit;

/// <summary>The end of the log, as its own row remembers it.</summary>
/// <param name="Seq">Number of the newest entry.</param>
/// <param name="Hash">Its hash.</param>
internal sealed record AuditHead(long Seq, string Hash)
{
    internal const string Row = "head";
}
