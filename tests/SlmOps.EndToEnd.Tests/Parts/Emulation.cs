using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Processors;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>Other processors on this machine, where what it takes is there.</summary>
internal static class Emulation
{
    /// <summary>Set to 1 where all of it was just installed and built: then nothing is left out.</summary>
    private const string Required = "SLMOPS_LAB_REQUIRED";

    /// <summary>Leaves the test out with the reason where the processor's agent cannot be run, or is of an earlier build.</summary>
    internal static void Require(LabTools tools, LabProcessor processor)
    {
        var missing = tools.Missing(processor) is { } why ? $"{processor.Name} cannot be emulated here: {why}."
            : tools.IsStale(processor) ? $"The agents in {tools.Agents} are of an earlier build; {tools.Build} builds them anew."
            : null;
        Assert.False(missing is not null && Environment.GetEnvironmentVariable(Required) == "1", missing);
        Assert.SkipWhen(missing is not null, missing ?? "");
    }
}
