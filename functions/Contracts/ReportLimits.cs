namespace SlmOps.Contracts;

/// <summary>The most that reports may hold: a fleet's size decides what it costs, never what one device says.</summary>
public static class ReportLimits
{
    /// <summary>Bytes of a report without its inventory, as JSON without needless escapes.</summary>
    public const int ReportBytes = 4 << 10;

    /// <summary>Bytes of an inventory, in the same way.</summary>
    public const int InventoryBytes = 16 << 10;

    /// <summary>Bytes of a batch as it is sent.</summary>
    public const int BatchBytes = 512 << 10;

    /// <summary>Characters of a name, code or version.</summary>
    public const int Name = 64;

    /// <summary>Characters of a rollout id: model, <c>@</c>, version, and <c>~</c> with a number for one that is not the first.</summary>
    public const int RolloutId = (2 * Name) + 1 + 8;

    /// <summary>Characters of the operating system's description.</summary>
    public const int Line = 256;

    /// <summary>Characters of a label's value.</summary>
    public const int LabelValue = 128;

    /// <summary>Characters of a reason.</summary>
    public const int Reason = 2048;

    /// <summary>Characters of what speaks for or against a variant.</summary>
    public const int Refusal = 120;

    /// <summary>Variants that a device says something against.</summary>
    public const int Refusals = 8;

    /// <summary>Labels of a device.</summary>
    public const int Labels = 32;

    /// <summary>Instruction sets of a device.</summary>
    public const int InstructionSets = 64;

    /// <summary>Phases whose duration a report tells.</summary>
    public const int Phases = 32;

    /// <summary>Tries of one release.</summary>
    public const int Attempts = 1_000_000;

    /// <summary>Processor cores.</summary>
    public const int Cores = 1 << 16;

    /// <summary>Memory, sizes and durations, in bytes and milliseconds.</summary>
    public const long Amount = 1L << 50;

    /// <summary>
    /// How far a report's number may be ahead of the last one seen, or of the clock in milliseconds, from which a device that
    /// begins takes its first: one day.
    /// </summary>
    public const long SeqAhead = 24L * 60 * 60 * 1000;
}
