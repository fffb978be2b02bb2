namespace SlmOps.Local.EventGrid;

/// <summary>Who wants which events of a topic, and how they are delivered.</summary>
internal sealed record EventSubscription(string Topic, string Name, EventFilter Filter, EventDestination Destination)
{
    /// <summary>Schema of what is delivered.</summary>
    public DeliverySchema Schema { get; init; } = DeliverySchema.CloudEventSchemaV1_0;

    /// <summary>When to give up.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Container that takes what could not be delivered; null drops it.</summary>
    public string? DeadLetterContainer { get; init; }
}

/// <summary>Where events go.</summary>
internal abstract record EventDestination;

/// <summary>An HTTP endpoint.</summary>
internal sealed record WebhookDestination(Uri Url) : EventDestination;

/// <summary>A storage queue of the emulator's storage account.</summary>
internal sealed record QueueDestination(string Queue) : EventDestination;

/// <summary>Schema of delivered events.</summary>
internal enum DeliverySchema
{
    /// <summary>CloudEvents 1.0, structured, one event a request.</summary>
    CloudEventSchemaV1_0,

    /// <summary>The Event Grid schema, an array of one event.</summary>
    EventGridSchema,
}

/// <summary>The first limit that is reached ends the delivery.</summary>
internal sealed record RetryPolicy(int MaxDeliveryAttempts = 30, int EventTimeToLiveInMinutes = 1440);

/// <summary>Which events a subscription takes: all conditions must hold.</summary>
internal sealed record EventFilter
{
    /// <summary>Event types; empty takes every type.</summary>
    public IReadOnlyList<string> IncludedEventTypes { get; init; } = [];

    /// <summary>Start of the subject.</summary>
    public string SubjectBeginsWith { get; init; } = "";

    /// <summary>End of the subject.</summary>
    public string SubjectEndsWith { get; init; } = "";

    /// <summary>True to compare the subject case by case.</summary>
    public bool IsSubjectCaseSensitive { get; init; }

    /// <summary>Conditions on attributes and data.</summary>
    public IReadOnlyList<AdvancedFilter> AdvancedFilters { get; init; } = [];

    /// <summary>True to look into arrays too; without it a filter on an array never holds.</summary>
    public bool EnableAdvancedFilteringOnArrays { get; init; }

    /// <summary>True when the subscription takes the event.</summary>
    public bool Takes(AcceptedEvent candidate)
    {
        var comparison = IsSubjectCaseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        return (IncludedEventTypes.Count == 0 || IncludedEventTypes.Contains(candidate.Type, StringComparer.OrdinalIgnoreCase))
            && candidate.Subject.StartsWith(SubjectBeginsWith, comparison)
            && candidate.Subject.EndsWith(SubjectEndsWith, comparison)
            && AdvancedFilters.All(filter => filter.Holds(candidate.Body, EnableAdvancedFilteringOnArrays));
    }
}
