using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.State;

/// <summary>Why a device does nothing about what its channel asks for.</summary>
/// <param name="Code">One of <see cref="HoldCodes"/>.</param>
/// <param name="About">What it is about, without times: the same is said once.</param>
/// <param name="Reason">The same in one sentence, for people.</param>
internal sealed record Holding(string Code, string About, string Reason)
{
    internal bool IsSame(Holding? other) => (other?.Code, other?.About) == (Code, About);
}
