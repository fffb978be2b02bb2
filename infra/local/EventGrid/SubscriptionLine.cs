using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace SlmOps.Local.EventGrid;

/// <summary>
/// A subscription as it is written in JSON, one object a subscriber:
/// <c>{"topic": "slmops", "name": "mine", "webhook": "http://127.0.0.1:5000/", "includedEventTypes": ["slmops.model.released.v1"]}</c>.
/// </summary>
internal sealed partial record SubscriptionLine
{
    private const int MaxTextLength = 1024;

    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
    };

    public string? Topic { get; init; }

    public string? Name { get; init; }

    public string? Webhook { get; init; }

    public string? Queue { get; init; }

    public IReadOnlyList<string>? IncludedEventTypes { get; init; }

    public string? SubjectBeginsWith { get; init; }

    public string? SubjectEndsWith { get; init; }

    public bool? IsSubjectCaseSensitive { get; init; }

    public IReadOnlyList<FilterLine>? AdvancedFilters { get; init; }

    public bool? EnableAdvancedFilteringOnArrays { get; init; }

    public DeliverySchema? DeliverySchema { get; init; }

    public int? MaxDeliveryAttempts { get; init; }

    public int? EventTimeToLiveInMinutes { get; init; }

    public string? DeadLetterContainer { get; init; }

    /// <summary>One advanced filter, as in Event Grid's own JSON.</summary>
    internal sealed record FilterLine(string? OperatorType, string? Key, JsonElement? Value, IReadOnlyList<JsonElement>? Values);

    /// <summary>The subscription, or null and everything that is wrong with it.</summary>
    public (EventSubscription? Subscription, IReadOnlyList<string> Faults) Check()
    {
        var faults = new List<string>();
        var filters = (AdvancedFilters ?? []).Select(line => new AdvancedFilter(
            line.OperatorType ?? "", line.Key ?? "", line.Values ?? (line.Value is { } value ? [value] : []))).ToArray();
        var retry = new RetryPolicy(MaxDeliveryAttempts ?? 30, EventTimeToLiveInMinutes ?? 1440);
        CheckNames(faults);
        CheckLimits(faults, filters, retry);
        var destination = Destination(faults);
        if (faults.Count > 0)
        {
            return (null, faults);
        }

        var filter = new EventFilter
        {
            IncludedEventTypes = IncludedEventTypes ?? [],
            SubjectBeginsWith = SubjectBeginsWith ?? "",
            SubjectEndsWith = SubjectEndsWith ?? "",
            IsSubjectCaseSensitive = IsSubjectCaseSensitive ?? false,
            AdvancedFilters = filters,
            EnableAdvancedFilteringOnArrays = EnableAdvancedFilteringOnArrays ?? false,
        };
        return (
            new EventSubscription(Topic!, Name!, filter, destination!)
            {
                Retry = retry,
                DeadLetterContainer = DeadLetterContainer,
                Schema = DeliverySchema ?? EventGrid.DeliverySchema.CloudEventSchemaV1_0,
            },
            faults);
    }

    /// <summary>The line that makes the subscription again.</summary>
    public static SubscriptionLine From(EventSubscription subscription) => new()
    {
        Topic = subscription.Topic,
        Name = subscription.Name,
        Webhook = (subscription.Destination as WebhookDestination)?.Url.OriginalString,
        Queue = (subscription.Destination as QueueDestination)?.Queue,
        IncludedEventTypes = subscription.Filter.IncludedEventTypes,
        SubjectBeginsWith = subscription.Filter.SubjectBeginsWith,
        SubjectEndsWith = subscription.Filter.SubjectEndsWith,
        IsSubjectCaseSensitive = subscription.Filter.IsSubjectCaseSensitive,
        AdvancedFilters = [.. subscription.Filter.AdvancedFilters.Select(f => new FilterLine(f.OperatorType, f.Key, null, f.Values))],
        EnableAdvancedFilteringOnArrays = subscription.Filter.EnableAdvancedFilteringOnArrays,
        DeliverySchema = subscription.Schema,
        MaxDeliveryAttempts = subscription.Retry.MaxDeliveryAttempts,
        EventTimeToLiveInMinutes = subscription.Retry.EventTimeToLiveInMinutes,
        DeadLetterContainer = subscription.DeadLetterContainer,
    };

    private void CheckNames(List<string> faults)
    {
        if (Topic is null || !NameRule().IsMatch(Topic))
        {
            faults.Add("'topic' must be 3 to 50 letters, digits or hyphens");
        }

        if (Name is null || !NameRule().IsMatch(Name))
        {
            faults.Add("'name' must be 3 to 50 letters, digits or hyphens");
        }

        if (DeadLetterContainer is not null && !StorageName().IsMatch(DeadLetterContainer))
        {
            faults.Add("'deadLetterContainer' must be a container name");
        }
    }

    private void CheckLimits(List<string> faults, AdvancedFilter[] filters, RetryPolicy retry)
    {
        if (retry.MaxDeliveryAttempts is < 1 or > 30)
        {
            faults.Add("'maxDeliveryAttempts' must be 1 to 30");
        }

        if (retry.EventTimeToLiveInMinutes is < 1 or > 1440)
        {
            faults.Add("'eventTimeToLiveInMinutes' must be 1 to 1440");
        }

        if (SubjectBeginsWith?.Length > MaxTextLength || SubjectEndsWith?.Length > MaxTextLength)
        {
            faults.Add($"'subjectBeginsWith' and 'subjectEndsWith' have at most {MaxTextLength} characters");
        }

        if (filters.Length > FilterOperators.MaxFilters || filters.Sum(f => f.Values.Count) > FilterOperators.MaxValues)
        {
            faults.Add($"at most {FilterOperators.MaxFilters} advanced filters with {FilterOperators.MaxValues} values in all");
        }

        faults.AddRange(filters.Select(FilterOperators.Fault).OfType<string>());
    }

    private EventDestination? Destination(List<string> faults)
    {
        switch (Webhook, Queue)
        {
            case ({ } webhook, null) when Uri.TryCreate(webhook, UriKind.Absolute, out var url) && url.Scheme is "http" or "https":
                return new WebhookDestination(new Uri(webhook));
            case (null, { } queue) when StorageName().IsMatch(queue):
                return new QueueDestination(queue);
            default:
                faults.Add("exactly one of 'webhook' (an http or https address) and 'queue' (a queue name) must be there");
                return null;
        }
    }

    [GeneratedRegex("^[A-Za-z0-9-]{3,50}$")]
    private static partial Regex NameRule();

    [GeneratedRegex("^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex StorageName();
}
