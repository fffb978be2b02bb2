using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>One step of a plan. <see cref="PlanRunner"/> alone gives it an effect.</summary>
internal abstract record AgentAction
{
    private AgentAction()
    {
    }

    /// <summary>Open a deployment of an assignment.</summary>
    internal sealed record Begin(Assignment Assignment, int Attempt) : AgentAction;

    /// <summary>Bring the freshness metadata up to date and ask it whether the release may be installed.</summary>
    internal sealed record Confirm : AgentAction;

    /// <summary>Fetch the release's index, check its signature, remember its variants.</summary>
    internal sealed record Retrieve : AgentAction;

    /// <summary>Settle on a variant.</summary>
    internal sealed record Choose(VariantOffer Variant, string Reason) : AgentAction
    {
        /// <summary>What is laid over the variant, or null.</summary>
        public AdaptationPick? Adaptation { get; init; }

        /// <summary>Why not the others, for people; it takes no part in decisions.</summary>
        public IReadOnlyList<VariantRefusal> Refused { get; init; } = [];

        public bool Equals(Choose? other) => (other?.Variant, other?.Reason, other?.Adaptation) == (Variant, Reason, Adaptation);

        public override int GetHashCode() => HashCode.Combine(Variant, Reason, Adaptation);
    }

    /// <summary>The active model already is what the assignment asks for; say so.</summary>
    internal sealed record Adopt : AgentAction;

    internal sealed record Download : AgentAction;

    internal sealed record Verify : AgentAction;

    internal sealed record Stage : AgentAction;

    internal sealed record SmokeTest : AgentAction;

    internal sealed record Activate : AgentAction;

    /// <summary>The soak is over: check health once more and commit, or go back.</summary>
    internal sealed record Commit : AgentAction;

    /// <summary>Put the slot before in charge again.</summary>
    internal sealed record GoBack(string Code, string Reason) : AgentAction;

    /// <summary>A newer assignment takes over before this one was active.</summary>
    internal sealed record Abandon(string Code, string Reason) : AgentAction;

    /// <summary>Nothing on this device can run the release.</summary>
    internal sealed record Refuse(string Code, string Reason) : AgentAction;

    /// <summary>The attempts are used up: fail the deployment and condemn what it brought.</summary>
    internal sealed record GiveUp(string Code, string Reason) : AgentAction;
}
