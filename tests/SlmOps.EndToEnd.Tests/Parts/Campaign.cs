using System.Globalization;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>
/// How much of a campaign is run, and by which seed: <c>SLMOPS_CAMPAIGN=2</c> asks for two in a hundred of its cases,
/// <c>SLMOPS_CAMPAIGN_SEED=7</c> for other ones.
/// </summary>
internal static class Campaign
{
    /// <summary>True for one that is not cut down: only then must everything have occurred.</summary>
    internal static bool IsWhole => Asked("SLMOPS_CAMPAIGN", 100) >= 100;

    internal static int Cases(int whole) => Math.Max(1, (int)((long)whole * Asked("SLMOPS_CAMPAIGN", 100) / 100));

    internal static int Seed(int usual) => Asked("SLMOPS_CAMPAIGN_SEED", usual);

    private static int Asked(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var asked) && asked > 0
            ? asked
            : otherwise;
}
