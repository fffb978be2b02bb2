using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>When what failed here may be tried again: nothing is condemned for ever by what surrounds it. Pure.</summary>
internal static class Pardon
{
    /// <summary>How long that stays condemned which says nothing about the release.</summary>
    internal static readonly TimeSpan Term = TimeSpan.FromDays(1);

    /// <summary>Without what the device or the way to it did, once its time is over.</summary>
    internal static AgentState Lapsed(AgentState state, DateTimeOffset clock)
    {
        var now = clock < state.ClockFloor ? state.ClockFloor : clock;
        bool IsOver(string code, DateTimeOffset at) => !OutcomeTable.Condemns(code) && (now - at).Duration() >= Term;
        return Without(state, one => IsOver(one.Code, one.At), one => IsOver(one.Code, one.At));
    }

    /// <summary>Another agent, runtime or kernel may run what failed under the one before.</summary>
    internal static AgentState Renewed(AgentState state, string surroundings) => state.Surroundings == surroundings
        ? state
        : Asked(state, null) with { Surroundings = surroundings };

    /// <summary>What an operator on the device asks for: everything, or one release.</summary>
    internal static AgentState Asked(AgentState state, (ModelName Model, ModelVersion Version)? named)
    {
        var digest = named is { } one
            ? state.Known.FirstOrDefault(known => known.Release.Model == one.Model && known.Release.Version == one.Version)?.Release.Digest
            : null;
        bool IsMeant(CondemnedRelease release) => named is null || release.Release == digest
            || (release.Model == named.Value.Model && release.Version == named.Value.Version);
        var cleared = Without(state, IsMeant, _ => named is null);
        return cleared.Deployment is { NotBefore: not null } waits && (named is null || waits.Release.Digest == digest
            || (waits.Release.Model == named.Value.Model && waits.Release.Version == named.Value.Version))
            ? cleared with { Deployment = waits with { NotBefore = null, Pauses = 0 } }
            : cleared;
    }

    private static AgentState Without(
        AgentState state, Func<CondemnedRelease, bool> release, Func<CondemnedComposition, bool> composition) =>
        state.Condemned.Any(release) || state.CondemnedCompositions.Any(composition)
            ? state with
            {
                Condemned = [.. state.Condemned.Where(one => !release(one))],
                CondemnedCompositions = [.. state.CondemnedCompositions.Where(one => !composition(one))],
            }
            : state;
}
