using System.Reflection;
using Azure.Messaging;
using Azure.Storage.Queues.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace SlmOps.Local.FunctionsHost;

/// <summary>Finds the functions of an assembly, once, and says everything that is wrong with them.</summary>
internal static class FunctionCatalog
{
    /// <exception cref="LocalPlatformException">With everything that is wrong.</exception>
    public static IReadOnlyList<FunctionDescriptor> Scan(IEnumerable<Type> types, Settings settings, HostSettings host)
    {
        var faults = new List<string>();
        var functions = new List<FunctionDescriptor>();
        foreach (var type in types.Where(type => type is { IsClass: true, IsAbstract: false }))
        {
            foreach (var method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            {
                if (method.GetCustomAttribute<FunctionAttribute>() is { } function
                    && Describe(function.Name, method, settings, host, faults) is { } descriptor)
                {
                    functions.Add(descriptor);
                }
            }
        }

        faults.AddRange(functions.GroupBy(f => f.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1)
            .Select(g => $"two functions are named '{g.Key}'"));
        return faults.Count == 0
            ? [.. functions.OrderBy(f => f.Name, StringComparer.Ordinal)]
            : throw new LocalPlatformException($"The functions cannot be served: {string.Join("; ", faults)}.");
    }

    private static FunctionDescriptor? Describe(
        string name, MethodInfo method, Settings settings, HostSettings host, List<string> faults)
    {
        var before = faults.Count;
        var triggers = new List<(ParameterInfo Parameter, Trigger? Trigger)>();
        foreach (var parameter in method.GetParameters())
        {
            foreach (var attribute in parameter.GetCustomAttributes())
            {
                switch (attribute)
                {
                    case QueueTriggerAttribute queue:
                        triggers.Add((parameter, Queue(name, queue, settings, faults)));
                        break;
                    case EventGridTriggerAttribute grid:
                        triggers.Add((parameter, new Trigger.EventGrid(grid.IsBatched)));
                        break;
                    case TimerTriggerAttribute timer:
                        triggers.Add((parameter, Timer(name, timer, settings, faults)));
                        break;
                    case HttpTriggerAttribute http:
                        triggers.Add((parameter, Http(name, http, host)));
                        break;
                }
            }
        }

        if (triggers.Count != 1)
        {
            faults.Add($"function '{name}' has {triggers.Count} triggers; it must have one");
        }
        else if (triggers[0].Trigger is { } trigger)
        {
            CheckSignature(name, method, trigger, triggers[0].Parameter, faults);
        }

        return faults.Count > before
            ? null
            : new(name, method, triggers[0].Trigger!, triggers[0].Parameter, settings.IsDisabled(name));
    }

    private static void CheckSignature(string name, MethodInfo method, Trigger trigger, ParameterInfo data, List<string> faults)
    {
        var type = data.ParameterType;
        var fits = trigger switch
        {
            Trigger.Queue => true,
            Trigger.EventGrid grid => type == (grid.IsBatched ? typeof(CloudEvent[]) : typeof(CloudEvent))
                || type == typeof(string) || type == typeof(BinaryData),
            Trigger.Timer => type == typeof(TimerInfo),
            _ => type == typeof(HttpRequest),
        };
        if (!fits)
        {
            faults.Add($"function '{name}' cannot take {trigger.Summary} as {type.Name}");
        }

        foreach (var parameter in method.GetParameters().Where(p => p != data))
        {
            var known = parameter.ParameterType == typeof(FunctionContext)
                || parameter.ParameterType == typeof(CancellationToken)
                || (trigger is Trigger.Http http && parameter.ParameterType == typeof(string)
                    && http.Route.Contains('{' + parameter.Name!, StringComparison.OrdinalIgnoreCase));
            if (!known)
            {
                faults.Add($"function '{name}' has a parameter '{parameter.Name}' of type {parameter.ParameterType.Name}, which nothing fills");
            }
        }

        var result = method.ReturnType;
        var returns = result == typeof(void) || result == typeof(Task)
            || (trigger is Trigger.Http && (typeof(IResult).IsAssignableFrom(result)
                || (result.IsGenericType && result.GetGenericTypeDefinition() == typeof(Task<>)
                    && typeof(IResult).IsAssignableFrom(result.GetGenericArguments()[0]))));
        if (!returns)
        {
            faults.Add($"function '{name}' returns {result.Name}; output bindings are not served here, return Task (HTTP: Task<IResult>)");
        }
    }

    private static Trigger.Queue? Queue(string name, QueueTriggerAttribute attribute, Settings settings, List<string> faults)
    {
        if (settings.Resolve(attribute.QueueName, out var missing) is not { } queue)
        {
            faults.Add($"function '{name}' needs the setting '{missing}' for its queue name");
            return null;
        }

        if (settings.Connection(attribute.Connection) is not { } connection)
        {
            faults.Add($"function '{name}' needs a connection string in the setting '{attribute.Connection ?? "AzureWebJobsStorage"}'");
            return null;
        }

        return new(queue.ToLowerInvariant(), connection);
    }

    private static Trigger.Timer? Timer(string name, TimerTriggerAttribute attribute, Settings settings, List<string> faults)
    {
        if (settings.Resolve(attribute.Schedule, out var missing) is not { } text)
        {
            faults.Add($"function '{name}' needs the setting '{missing}' for its schedule");
            return null;
        }

        if (!Schedule.TryParse(text, out var schedule))
        {
            faults.Add($"function '{name}' has the schedule '{text}', which is neither six cron fields nor an interval");
            return null;
        }

        return new(schedule, attribute.RunOnStartup);
    }

    private static Trigger.Http Http(string name, HttpTriggerAttribute attribute, HostSettings host)
    {
        var route = (attribute.Route ?? name).Trim('/');
        return new(
            host.RoutePrefix.Length > 0 ? $"{host.RoutePrefix}/{route}" : route,
            attribute.Methods is { Length: > 0 } methods ? methods : null,
            attribute.AuthLevel);
    }
}
