namespace SlmOps.Pipeline.Fleet;

/// <summary>Why a batch of reports is not taken.</summary>
/// <param name="Field">The field at fault, such as <c>reports[2].inventory.labels</c>.</param>
/// <param name="Why">What is wrong with it and what would be right.</param>
internal sealed record ReportRefusal(string Field, string Why);
