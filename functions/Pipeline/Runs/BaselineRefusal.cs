namespace SlmOps.Pipeline.Runs;

/// <summary>That the original cannot be run: no variant of it can be judged, and none tries it again.</summary>
/// <param name="Reason">Why, in one sentence.</param>
internal sealed record BaselineRefusal(string Reason)
{
    internal const string Row = "baseline";
}
