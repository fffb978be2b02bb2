using System.Text.Json;

namespace SlmOps.Local.EventGrid;

/// <summary>One condition on an attribute or on data.</summary>
/// <param name="OperatorType">Name of the operator, such as <c>StringIn</c>.</param>
/// <param name="Key">Attribute name, or a path such as <c>data.model.name</c>.</param>
/// <param name="Values">What it is compared with: numbers, texts, one boolean, or [low, high] pairs; empty for null tests.</param>
internal sealed record AdvancedFilter(string OperatorType, string Key, IReadOnlyList<JsonElement> Values)
{
    /// <summary>
    /// True when the event meets the condition. A key that is not there, or has another kind, meets the negative
    /// operators and no positive one.
    /// </summary>
    public bool Holds(JsonElement cloudEvent, bool intoArrays)
    {
        var found = Find(cloudEvent, Key);
        if (OperatorType is "IsNullOrUndefined" or "IsNotNull")
        {
            var isNull = found is not { } value || value.ValueKind == JsonValueKind.Null;
            return isNull == (OperatorType == "IsNullOrUndefined");
        }

        var (operation, negative) = FilterOperators.Table[OperatorType];
        var met = found switch
        {
            null => false,
            { ValueKind: JsonValueKind.Array } array => intoArrays && array.EnumerateArray().Any(item => MeetsAny(item, operation)),
            { } single => MeetsAny(single, operation),
        };
        return met != negative;
    }

    private bool MeetsAny(JsonElement actual, Func<JsonElement, JsonElement, bool> operation)
    {
        foreach (var value in Values)
        {
            if (operation(actual, value))
            {
                return true;
            }
        }

        return false;
    }

    private static JsonElement? Find(JsonElement cloudEvent, string key)
    {
        var path = key switch
        {
            "eventType" => "type",
            "topic" => "source",
            "eventTime" => "time",
            _ => key,
        };
        var current = cloudEvent;
        foreach (var name in path.Split('.'))
        {
            if (current.ValueKind != JsonValueKind.Object || !current.TryGetProperty(name, out current))
            {
                return null;
            }
        }

        return current;
    }
}
