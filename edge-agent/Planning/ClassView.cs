using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>What a channel says to devices of one class of processors. Pure.</summary>
internal static class ClassView
{
    /// <summary>The document in which what was withdrawn from the class is withdrawn, and its stable release is what the class runs instead.</summary>
    internal static ChannelDocument? Of(ChannelDocument? document, string? processorClass)
    {
        List<ClassWithdrawal> mine = [.. (document?.WithdrawnFrom ?? []).Where(one => one.ProcessorClass == processorClass)];
        if (document is null || mine.Count == 0)
        {
            return document;
        }

        var stable = document.Stable;

        // What took a release's place may have been withdrawn from the class as well; each is left once.
        for (var left = mine.Count; left > 0 && mine.Find(one => one.Release == stable?.Digest) is { } withdrawn; left--)
        {
            stable = withdrawn.Instead;
        }

        return document with { Stable = stable, Withdrawn = [.. document.Withdrawn, .. mine.Select(one => one.Release)] };
    }
}
