namespace SlmOps.Pipeline.Runs;

/// <summary>
/// That a stage works on a message: written before and deleted after, however it ended. One that is found stands for a
/// host that died over it.
/// </summary>
/// <param name="Count">Times that it was started and did not come to an end, this one included.</param>
/// <param name="StartedAt">When it was started last.</param>
internal sealed record StageAttempt(int Count, DateTimeOffset StartedAt)
{
    internal const string Prefix = "attempt|";

    /// <summary>The stage that works on an upload before there is a run.</summary>
    internal const string Intake = "intake";

    internal static string Row(string stage, string? variant) => $"{Prefix}{stage}|{variant}";
}
