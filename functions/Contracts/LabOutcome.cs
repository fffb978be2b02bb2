using System.Text.Json.Serialization;

namespace SlmOps.Contracts;

/// <summary>What the device lab found of one variant on one processor.</summary>
/// <param name="Processor">Name of the processor, such as <c>haswell</c>; <c>native</c> for the machine that the lab ran on.</param>
/// <param name="ProcessorClass">Its class, one of <see cref="Contracts.ProcessorClass"/>; null for one that nothing is known of.</param>
/// <param name="Emulated">True where it was emulated.</param>
/// <param name="Code">In kebab case: <see cref="PassedCode"/>, <see cref="NotTriedCode"/>, or why not.</param>
/// <param name="Reason">The same in one sentence.</param>
public sealed record LabOutcome(string Processor, string? ProcessorClass, bool Emulated, string Code, string Reason)
{
    /// <summary>The code of a variant that devices with this processor may have.</summary>
    public const string PassedCode = "passed";

    /// <summary>The code where the lab could not try the processor: nothing is known.</summary>
    public const string NotTriedCode = "not-tried";

    /// <summary>Share of positions whose likeliest token is the lab machine's own, 0 to 1; null where none were compared.</summary>
    public double? Top1 { get; init; }

    /// <summary>Mean divergence from the lab machine's predictions, in nats; null where none were compared.</summary>
    public double? KlToMachine { get; init; }

    /// <summary>Mean divergence from the original's predictions on the lab's machine, in nats; null where none were compared.</summary>
    public double? KlToOriginal { get; init; }

    /// <summary>Letter of the processors that computed the same bits; null where nothing was computed.</summary>
    public string? Bits { get; init; }

    /// <summary>True when devices with this processor may have the variant.</summary>
    [JsonIgnore]
    public bool Passed => Code == PassedCode;

    /// <summary>False where the lab could not try the processor.</summary>
    [JsonIgnore]
    public bool Tried => Code != NotTriedCode;
}
