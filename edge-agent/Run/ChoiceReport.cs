using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;

namespace SlmOps.EdgeAgent.Run;

/// <summary>A choice as the service is told of it, within what a report may hold. Pure.</summary>
internal static class ChoiceReport
{
    internal static DeviceChoice Of(Digest release, AgentAction.Choose choose) => new(
        release,
        choose.Variant.Name,
        Cut(choose.Reason),
        [.. choose.Refused.Take(ReportLimits.Refusals).Select(one => new VariantAgainst(one.Variant, Cut(one.Reason)))]);

    private static string Cut(string text) => text[..Math.Min(text.Length, ReportLimits.Refusal)];
}
