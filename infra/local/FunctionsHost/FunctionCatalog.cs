using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using SlmOps.Local.Workers.Protocol;

namespace SlmOps.Local.FunctionsHost;

/// <summary>Reads what the worker says of its functions, once, and says everything that is wrong with them.</summary>
internal static class FunctionCatalog
{
    /// <exception cref="LocalPlatformException">With everything that is wrong.</exception>
    public static IReadOnlyList<FunctionDescriptor> Read(IEnumerable<FunctionMetadata> functions, Settings settings, HostSettings host)
    {
        var faults = new List<string>();
        var found = functions.Select(function => Describe(function, settings, host, faults)).OfType<FunctionDescriptor>()
            .OrderBy(function => function.Name, StringComparer.Ordinal).ToList();
        faults.AddRange(found.GroupBy(f => f.Name, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1)
            .Select(group => $"two functions are named '{group.Key}'"));
        return faults.Count == 0
            ? found
            : throw new LocalPlatformException($"The functions cannot be served: {string.Join("; ", faults)}.");
    }

    private static FunctionDescriptor? Describe(FunctionMetadata function, Settings settings, HostSettings host, List<string> faults)
    {
        var bindings = Bindings(function, faults);
        var triggers = bindings.Where(binding => binding.Type.EndsWith("Trigger", StringComparison.OrdinalIgnoreCase)).ToList();
        if (triggers.Count != 1)
        {
            faults.Add($"function '{function.Name}' has {triggers.Count} triggers; it must have one");
            return null;
        }

        var trigger = bindings.FirstOrDefault(binding => binding != triggers[0] && !IsHttpAnswer(binding)) is { } other
            ? new Trigger.NotServed($"{(other.IsOutput ? "output" : "input")} binding '{other.Type}'")
            : TriggerOf(function.Name, triggers[0], settings, host, faults);
        return trigger is null
            ? null
            : new(
                function.Name,
                function.EntryPoint,
                triggers[0].Name,
                trigger,
                Retry(function.RetryOptions),
                settings.IsDisabled(function.Name));
    }

    private static Trigger? TriggerOf(string name, Binding binding, Settings settings, HostSettings host, List<string> faults) =>
        binding.Type.ToLowerInvariant() switch
        {
            "queuetrigger" => Queue(name, binding, settings, faults),
            "timertrigger" => Timer(name, binding, settings, faults),
            "httptrigger" => Http(name, binding, host),
            _ => new Trigger.NotServed($"trigger '{binding.Type}'"),
        };

    private static bool IsHttpAnswer(Binding binding) => binding is { Type: "http" or "Http", IsOutput: true };

    // {"name":"message","direction":"In","type":"queueTrigger","queueName":"quantize","connection":"SlmOpsStorage","properties":{}}
    private static List<Binding> Bindings(FunctionMetadata function, List<string> faults)
    {
        var bindings = new List<Binding>();
        foreach (var raw in function.RawBindings)
        {
            try
            {
                using var document = JsonDocument.Parse(raw);
                bindings.Add(new(document.RootElement.Clone()));
            }
            catch (JsonException e)
            {
                faults.Add($"function '{function.Name}' has a binding that is no JSON: {e.Message}");
            }
        }

        return bindings;
    }

    private static Trigger.Queue? Queue(string name, Binding binding, Settings settings, List<string> faults)
    {
        if (settings.Resolve(binding.Text("queueName") ?? "", out var missing) is not { } queue)
        {
            faults.Add($"function '{name}' needs the setting '{missing}' for its queue name");
            return null;
        }

        var connectionName = binding.Text("connection");
        if (settings.Connection(connectionName) is not { } connection)
        {
            faults.Add(
                $"function '{name}' needs a connection string in the setting "
                    + $"'{(string.IsNullOrEmpty(connectionName) ? "AzureWebJobsStorage" : connectionName)}'"
            );
            return null;
        }

        var form = binding.SupportsDeferredBinding ? QueueForm.Message
            : string.Equals(binding.Text("dataType"), "Binary", StringComparison.OrdinalIgnoreCase) ? QueueForm.Bytes
            : QueueForm.Text;
        return new(queue.ToLowerInvariant(), connection, form);
    }

    private static Trigger.Timer? Timer(string name, Binding binding, Settings settings, List<string> faults)
    {
        if (settings.Resolve(binding.Text("schedule") ?? "", out var missing) is not { } text)
        {
            faults.Add($"function '{name}' needs the setting '{missing}' for its schedule");
            return null;
        }

        if (!Schedule.TryParse(text, out var schedule))
        {
            faults.Add($"function '{name}' has the schedule '{text}', which is neither six cron fields nor an interval");
            return null;
        }

        return new(schedule, binding.Flag("runOnStartup"));
    }

    private static Trigger.Http Http(string name, Binding binding, HostSettings host)
    {
        var route = (binding.Text("route") ?? name).Trim('/');
        return new(
            host.RoutePrefix.Length > 0 ? $"{host.RoutePrefix}/{route}" : route,
            binding.List("methods") is { Count: > 0 } methods ? methods : null,
            binding.Text("authLevel")?.ToLowerInvariant() switch
            {
                "anonymous" => AuthLevel.Anonymous,
                null or "function" => AuthLevel.Function,
                _ => AuthLevel.Admin,
            });
    }

    private static RetryPolicy? Retry(RetryOptions? options) =>
        options switch
        {
            null or { MaxRetryCount: 0 } => null,
            { RetryStrategy: RetryOptions.Types.Strategy.FixedDelay } => new(
                options.MaxRetryCount,
                Span(options.DelayInterval),
                Span(options.DelayInterval)),
            _ => new(options.MaxRetryCount, Span(options.MinimumInterval), Span(options.MaximumInterval)),
        };

    private static TimeSpan Span(Duration? duration) => duration?.ToTimeSpan() ?? TimeSpan.Zero;

    /// <summary>One binding of a function.</summary>
    private sealed record Binding(JsonElement Json)
    {
        public string Name => Text("name") ?? "";

        public string Type => Text("type") ?? "";

        public bool IsOutput => string.Equals(Text("direction"), "Out", StringComparison.OrdinalIgnoreCase);

        public bool SupportsDeferredBinding => Json.TryGetProperty("properties", out var properties)
            && properties.ValueKind == JsonValueKind.Object
            && properties.EnumerateObject().Any(property =>
                property.Name.Equals("supportsDeferredBinding", StringComparison.OrdinalIgnoreCase)
                && string.Equals(property.Value.ToString(), "true", StringComparison.OrdinalIgnoreCase));

        public string? Text(string name) =>
            Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        public bool Flag(string name) => Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

        public IReadOnlyList<string>? List(string name) =>
            Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
                ? [.. value.EnumerateArray().Select(item => item.ToString())]
                : null;
    }
}
