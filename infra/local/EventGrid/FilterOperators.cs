using System.Text.Json;

namespace SlmOps.Local.EventGrid;

/// <summary>
/// The operators of advanced filters. A negative one is the opposite of a positive one over all of its values:
/// NumberNotIn [1, 2] holds where NumberIn [1, 2] does not. Texts are compared without regard to case.
/// </summary>
internal static class FilterOperators
{
    public const int MaxFilters = 25;
    public const int MaxValues = 25;
    public const int MaxTextLength = 512;

    public static readonly IReadOnlyDictionary<string, (Func<JsonElement, JsonElement, bool> Operation, bool Negative)> Table =
        new Dictionary<string, (Func<JsonElement, JsonElement, bool>, bool)>(StringComparer.Ordinal)
        {
            ["NumberIn"] = (Number((actual, value) => actual == value), false),
            ["NumberNotIn"] = (Number((actual, value) => actual == value), true),
            ["NumberLessThan"] = (Number((actual, value) => actual < value), false),
            ["NumberLessThanOrEquals"] = (Number((actual, value) => actual <= value), false),
            ["NumberGreaterThan"] = (Number((actual, value) => actual > value), false),
            ["NumberGreaterThanOrEquals"] = (Number((actual, value) => actual >= value), false),
            ["NumberInRange"] = (InRange, false),
            ["NumberNotInRange"] = (InRange, true),
            ["BoolEquals"] = (SameBool, false),
            ["StringIn"] = (Text((actual, value) => actual.Equals(value, StringComparison.OrdinalIgnoreCase)), false),
            ["StringNotIn"] = (Text((actual, value) => actual.Equals(value, StringComparison.OrdinalIgnoreCase)), true),
            ["StringContains"] = (Text((actual, value) => actual.Contains(value, StringComparison.OrdinalIgnoreCase)), false),
            ["StringNotContains"] = (Text((actual, value) => actual.Contains(value, StringComparison.OrdinalIgnoreCase)), true),
            ["StringBeginsWith"] = (Text((actual, value) => actual.StartsWith(value, StringComparison.OrdinalIgnoreCase)), false),
            ["StringNotBeginsWith"] = (Text((actual, value) => actual.StartsWith(value, StringComparison.OrdinalIgnoreCase)), true),
            ["StringEndsWith"] = (Text((actual, value) => actual.EndsWith(value, StringComparison.OrdinalIgnoreCase)), false),
            ["StringNotEndsWith"] = (Text((actual, value) => actual.EndsWith(value, StringComparison.OrdinalIgnoreCase)), true),
        };

    /// <summary>What is wrong with a filter as written, or null.</summary>
    public static string? Fault(AdvancedFilter filter)
    {
        if (string.IsNullOrWhiteSpace(filter.Key))
        {
            return "an advanced filter needs a key";
        }

        if (filter.OperatorType is "IsNullOrUndefined" or "IsNotNull")
        {
            return filter.Values.Count == 0 ? null : $"{filter.OperatorType} takes no values";
        }

        if (!Table.ContainsKey(filter.OperatorType))
        {
            return $"'{filter.OperatorType}' is no operator; known are {string.Join(", ", Table.Keys)}, IsNullOrUndefined, IsNotNull";
        }

        return filter.Values.Count == 0
            ? $"{filter.OperatorType} on '{filter.Key}' needs values"
            : filter.Values.Select(value => ValueFault(filter, value)).FirstOrDefault(fault => fault is not null);
    }

    private static string? ValueFault(AdvancedFilter filter, JsonElement value)
    {
        var fits = filter.OperatorType switch
        {
            "NumberInRange" or "NumberNotInRange" =>
                value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 2
                && value.EnumerateArray().All(end => end.ValueKind == JsonValueKind.Number),
            "BoolEquals" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            ['N', ..] => value.ValueKind == JsonValueKind.Number,
            _ => value.ValueKind == JsonValueKind.String && value.GetString()!.Length <= MaxTextLength,
        };
        return fits ? null : $"{filter.OperatorType} on '{filter.Key}' cannot be compared with {value.GetRawText()}";
    }

    private static Func<JsonElement, JsonElement, bool> Number(Func<double, double, bool> compare) =>
        (actual, value) => actual.ValueKind == JsonValueKind.Number && compare(actual.GetDouble(), value.GetDouble());

    private static Func<JsonElement, JsonElement, bool> Text(Func<string, string, bool> compare) =>
        (actual, value) => actual.ValueKind == JsonValueKind.String && compare(actual.GetString()!, value.GetString()!);

    private static bool InRange(JsonElement actual, JsonElement range) =>
        actual.ValueKind == JsonValueKind.Number
        && actual.GetDouble() >= range[0].GetDouble()
        && actual.GetDouble() <= range[1].GetDouble();

    private static bool SameBool(JsonElement actual, JsonElement value) =>
        actual.ValueKind is JsonValueKind.True or JsonValueKind.False && actual.ValueKind == value.ValueKind;
}
