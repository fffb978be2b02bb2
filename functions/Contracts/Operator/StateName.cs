using System.Text.Json;

namespace SlmOps.Contracts.Operator;

/// <summary>Names of states as they stand on the wire and in front of people: <c>ROLLING_BACK</c>.</summary>
public static class StateName
{
    /// <summary>The name of one state.</summary>
    public static string Of<T>(T state)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseUpper.ConvertName(state.ToString());

    /// <summary>Every name, in the order of the enum.</summary>
    public static IReadOnlyList<string> All<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(Of)];
}
