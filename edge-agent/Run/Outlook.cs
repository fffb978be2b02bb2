using Microsoft.Extensions.Logging;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Planning;

namespace SlmOps.EdgeAgent.Run;

/// <summary>Looks in the middle of a plan whether it is still the right one: what was withdrawn meanwhile is not put in charge.</summary>
internal sealed class Outlook(ChannelFollower channel, Func<Observed> observe, TimeProvider clock, ILogger log)
{
    // Without an answer the newest known document counts; a step does not wait for long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>True when a plan made now would still end with these steps.</summary>
    internal async Task<bool> StillLeadsToAsync(IReadOnlyList<AgentAction> rest, CancellationToken cancellationToken)
    {
        await channel.GlanceAsync(Patience, cancellationToken);
        var plan = DevicePlanner.Plan(channel.Document, observe(), clock.GetUtcNow());
        if (plan is Plan.Steps steps && steps.Actions.TakeLast(rest.Count).SequenceEqual(rest))
        {
            return true;
        }

        Log.PlanMadeAnew(log, plan.ToString()!);
        return false;
    }
}
