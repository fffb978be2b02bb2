using System.Globalization;
using SlmOps.Cli.Agent;

namespace SlmOps.Cli.Demo;

/// <summary>Devices of different hardware: a small one, an ordinary one, one in the lab, and so on.</summary>
internal static class DemoProfiles
{
    private static readonly Dictionary<string, string> NoLabels = [];
    private static readonly Dictionary<string, string> Lab = new() { ["site"] = "lab" };

    internal static IReadOnlyList<AgentProfile> Make(int count) =>
        [.. Enumerable.Range(0, count).Select(index => One(index % 3, index / 3))];

    private static AgentProfile One(int kind, int round)
    {
        var suffix = round == 0 ? "" : "-" + (round + 1).ToString(CultureInfo.InvariantCulture);
        return kind switch
        {
            0 => new($"small{suffix}", "14MiB", "size", "1", NoLabels),
            1 => new($"ordinary{suffix}", "1GiB", "balanced", "1", NoLabels),
            _ => new($"lab{suffix}", "4GiB", "quality", "1", Lab),
        };
    }
}
