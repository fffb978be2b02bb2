namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>Jitter without chance: 0 makes every wait end at once.</summary>
internal sealed class ConstantRandom(double value) : Random(0)
{
    public override double NextDouble() => value;
}
