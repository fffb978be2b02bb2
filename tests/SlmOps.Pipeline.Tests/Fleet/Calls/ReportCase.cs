using SlmOps.Contracts;

namespace SlmOps.Pipeline.Tests.Fleet.Calls;

/// <summary>One call, and what is to become of it.</summary>
internal sealed record ReportCase
{
    /// <summary>What is done, for the figures and the message of a failure.</summary>
    public required string Kind { get; init; }

    /// <summary>The device in the address.</summary>
    public required string Address { get; init; }

    /// <summary>The values of the header.</summary>
    public required IReadOnlyList<string> Authorization { get; init; }

    /// <summary>What is sent.</summary>
    public required byte[] Body { get; init; }

    /// <summary>False for a body in chunks.</summary>
    public bool TellsLength { get; init; } = true;

    /// <summary>The device whose token it is, if it is one that the door takes; the token is then used up.</summary>
    public CampaignDevice? LetIn { get; init; }

    /// <summary>The status that is right.</summary>
    public int Status { get; init; } = 200;

    /// <summary>The code that is right; null with 200.</summary>
    public string? Code { get; init; }

    /// <summary>The field that is to be named; null when the code says it all, <c>*</c> for any.</summary>
    public string? Field { get; init; }

    /// <summary>What is taken when the answer is 200.</summary>
    public IReadOnlyList<DeviceReport> Reports { get; init; } = [];

    /// <summary>True for bytes of which nobody knows beforehand whether they still are a batch: 200 and 400 are right.</summary>
    public bool MayBeTaken { get; init; }
}
