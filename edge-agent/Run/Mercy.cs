using Microsoft.Extensions.Logging;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Run;

/// <summary>Lets what failed here be tried again: when its time is over, in new surroundings, or because somebody asks for it.</summary>
internal sealed class Mercy(Journal journal, DataFolder folder, string surroundings, TimeProvider clock, ILogger log)
{
    /// <summary>At a start: another agent, runtime or kernel than the one under which things failed.</summary>
    internal void OnStart() => Change(Pardon.Renewed(journal.State, surroundings), $"this is {surroundings}");

    /// <summary>At each look: what is over, and what <c>slmops-agent retry</c> left to be done.</summary>
    internal void Look()
    {
        Change(Pardon.Lapsed(journal.State, clock.GetUtcNow()), "it was the device's doing, and long ago");
        if (RetryFile.Read(folder) is not { } requests)
        {
            return;
        }

        foreach (var request in requests)
        {
            Change(Pardon.Asked(journal.State, request.Named), "slmops-agent retry");
        }

        DiskPath.Remove(folder.Retry);
    }

    private void Change(AgentState state, string why)
    {
        var before = journal.State;
        if (ReferenceEquals(state, before))
        {
            return;
        }

        journal.Write(state);
        var (releases, compositions) = (
            before.Condemned.Count - state.Condemned.Count,
            before.CondemnedCompositions.Count - state.CondemnedCompositions.Count);
        if (releases + compositions > 0)
        {
            Log.Pardoned(log, why, releases, compositions);
        }
    }
}
