using System.Globalization;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;

namespace SlmOps.Cli.Watch;

/// <summary>What became different between two looks at a run, as lines for people. Pure.</summary>
internal static class StatusChanges
{
    private static readonly Dictionary<string, Digest> NoCompositions = [];

    internal static IEnumerable<string> Between(RunStatus? before, RunStatus after)
    {
        if (before is null && after.ReceivedAt is not null)
        {
            yield return after.Adaptation is { } adapts
                ? Line("received", after.Model, $"{Bytes(after.SourceBytes)}, adapts {adapts.Model} {adapts.Version}")
                : Line(
                    "received",
                    after.Model,
                    $"{Bytes(after.SourceBytes)}, {Count(after.Parameters)} parameters, variants "
                        + $"{string.Join(", ", after.Variants.Select(variant => variant.Name))}"
                );
        }

        foreach (var warning in before is null ? after.Warnings : [])
        {
            yield return Line("warning", after.Model, $"{warning.Message} {warning.Cure}");
        }

        foreach (var rejection in after.Rejections.Skip(before?.Rejections.Count ?? 0))
        {
            foreach (var problem in rejection.Problems)
            {
                yield return Line("rejected", rejection.Stage, $"{problem.Message} {problem.Cure}");
            }
        }

        foreach (var variant in after.Variants)
        {
            var old = before?.Variants.FirstOrDefault(other => other.Name == variant.Name);
            if (variant.Bytes > 0 && old?.Bytes is null or 0 && variant.Bytes is not null)
            {
                yield return Line("quantized", variant.Name, $"{Bytes(variant.Bytes)}, {Number(variant.Ratio, "0.00")}x");
            }

            if (variant.Accepted is { } accepted && old?.Accepted is null)
            {
                yield return Line(accepted ? "validated" : "refused", variant.Name, $"{Figures(variant.Figures)}{variant.Reason}");
            }

            if (variant.Lab.Count > 0 && old?.Lab.Count is null or 0)
            {
                yield return Line("lab", variant.Name, Lab(variant.Lab));
            }

            if (variant.State == VariantState.LeftOut && old?.State != VariantState.LeftOut)
            {
                yield return Line("left out", variant.Name, variant.Reason ?? "");
            }

            if (!variant.Digest.IsEmpty && old?.Digest.IsEmpty != false)
            {
                yield return Line("packaged", variant.Name, Short(variant.Digest));
            }
        }

        foreach (var (variant, composition) in after.Adaptation?.Compositions ?? NoCompositions)
        {
            if (before?.Adaptation?.Compositions.ContainsKey(variant) != true)
            {
                yield return Line("composed", variant, Short(composition));
            }
        }

        if (after.Adaptation is not null && after.State is RunState.Published or RunState.Withdrawn && before?.State != after.State)
        {
            yield return Line("adaptation", after.Version, $"{Name(after.State)} in channel {after.Channel}");
        }

        if (!after.ReleaseDigest.IsEmpty && before?.ReleaseDigest.IsEmpty != false)
        {
            yield return Line("released", after.Version, Short(after.ReleaseDigest));
        }

        foreach (var line in Rollout(before?.Rollout, after.Rollout))
        {
            yield return line;
        }

        foreach (var device in after.Devices)
        {
            var old = before?.Devices.FirstOrDefault(other => other.Id == device.Id);
            if (old?.State != device.State && (old is not null || device.State != DeviceState.Pending))
            {
                var why = device.Reason is { } reason ? $" {reason}" : "";
                yield return Line("device", device.Id, $"{Name(device.State)} {device.Variant}{Fetched(device)}{why}".TrimEnd());
            }
        }
    }

    internal static string Name<T>(T state)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.SnakeCaseUpper.ConvertName(state.ToString());

    internal static string Bytes(long? bytes) => bytes switch
    {
        null => "",
        >= 1_000_000_000 => Number(bytes / 1e9, "0.00") + " GB",
        >= 1_000_000 => Number(bytes / 1e6, "0.00") + " MB",
        _ => Number(bytes / 1e3, "0.0") + " kB",
    };

    internal static string Number(double? number, string format) => number?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    internal static string Short(Digest digest) => digest.IsEmpty ? "" : digest.Hex[..12];

    private static IEnumerable<string> Rollout(RolloutStatus? before, RolloutStatus? after)
    {
        if (after is null)
        {
            yield break;
        }

        foreach (var (ring, index) in after.Rings.Select((ring, index) => (ring, index)))
        {
            if (before is null ? ring.State != RingState.Scheduled : before.Rings[index].State != ring.State)
            {
                yield return Line("ring", ring.Name, $"{Name(ring.State)} {ring.Reason}".TrimEnd());
            }
        }

        if (before?.State != after.State)
        {
            yield return Line("rollout", after.Channel, $"{Name(after.State)} {after.Reason}".TrimEnd());
        }
    }

    private static string Fetched(DeviceStatus device) => device is { State: DeviceState.Committed, BytesFetched: { } fetched }
        ? $", fetched {Bytes(fetched)} of {Bytes(device.BytesWhole)}"
        : "";

    /// <summary>Which processors it passed on, and what is the matter with the others.</summary>
    private static string Lab(IReadOnlyList<LabOutcome> outcomes)
    {
        var passed = outcomes.Where(one => one.Passed).Select(one => one.Processor).ToList();
        return string.Join(
            "; ",
            outcomes.Where(one => !one.Passed).Select(one => $"{one.Processor} {one.Code}")
                .Prepend(passed.Count == 0 ? "passed nowhere" : $"passed on {string.Join(", ", passed)}"));
    }

    private static string Figures(VariantFigures? figures) => figures switch
    {
        { Perplexity: { } perplexity } => $"perplexity {Number(perplexity, "0.000")}, {Number(figures.TokensPerSecond, "0")} tokens/s: ",
        { TokensPerSecond: { } speed } => $"{Number(speed, "0.0")} inferences/s: ",
        _ => "",
    };

    private static string Count(long? count) => count >= 1_000_000
        ? Number(count / 1e6, "0.0") + " M"
        : count?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Line(string what, string which, string text) => $"{what,-10} {which,-14} {text}";
}
