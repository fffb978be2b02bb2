namespace SlmOps.EdgeAgent.Planning;

/// <summary>What to do next: steps in order, or nothing and why.</summary>
internal abstract record Plan
{
    private Plan()
    {
    }

    /// <param name="Actions">At least one, in order.</param>
    internal sealed record Steps(params IReadOnlyList<AgentAction> Actions) : Plan
    {
        public bool Equals(Steps? other) => other is not null && Actions.SequenceEqual(other.Actions);

        public override int GetHashCode() => Actions.Aggregate(0, HashCode.Combine);

        public override string ToString() => string.Join(" → ", Actions.Select(action => action.GetType().Name));
    }

    /// <param name="Because">Why there is nothing to do.</param>
    /// <param name="Until">When it is worth asking again even if the channel has not changed.</param>
    /// <param name="Detail">One sentence for people; it takes no part in decisions.</param>
    internal sealed record Nothing(Because Because, DateTimeOffset? Until = null, string? Detail = null) : Plan
    {
        public override string ToString() => Detail is null ? $"nothing to do: {Because}" : $"nothing to do: {Because}, {Detail}";
    }
}
