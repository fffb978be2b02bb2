// Declarations of the isolated worker's attributes, with the names, constructors and properties of the released
// packages. The trigger sources compile against these here, and against the packages in SlmOps.Functions.
namespace Microsoft.Azure.Functions.Worker;

/// <summary>Marks a method as a function.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FunctionAttribute(string name) : Attribute
{
    /// <summary>Function name.</summary>
    public string Name { get; } = name;
}

/// <summary>Runs on messages of a storage queue.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class QueueTriggerAttribute(string queueName) : Attribute
{
    /// <summary>Queue name; <c>%Setting%</c> is replaced by the setting.</summary>
    public string QueueName { get; } = queueName;

    /// <summary>Name of the setting that holds the connection.</summary>
    public string? Connection { get; set; }
}

/// <summary>Runs on events that Event Grid posts.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class EventGridTriggerAttribute : Attribute
{
    /// <summary>True to take all events of a request at once.</summary>
    public bool IsBatched { get; set; }
}

/// <summary>Runs by the clock.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class TimerTriggerAttribute(string schedule) : Attribute
{
    /// <summary>Six cron fields, an interval, or <c>%Setting%</c>.</summary>
    public string Schedule { get; } = schedule;

    /// <summary>True to run once at start too.</summary>
    public bool RunOnStartup { get; set; }

    /// <summary>True to remember the schedule over restarts.</summary>
    public bool UseMonitor { get; set; } = true;
}

/// <summary>Runs on HTTP requests.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class HttpTriggerAttribute : Attribute
{
    /// <summary>Any method, function key.</summary>
    public HttpTriggerAttribute()
    {
    }

    /// <summary>Any method.</summary>
    public HttpTriggerAttribute(AuthorizationLevel authLevel) => AuthLevel = authLevel;

    /// <summary>Function key.</summary>
    public HttpTriggerAttribute(params string[] methods) => Methods = methods;

    /// <summary>These methods.</summary>
    public HttpTriggerAttribute(AuthorizationLevel authLevel, params string[] methods)
    {
        AuthLevel = authLevel;
        Methods = methods;
    }

    /// <summary>Route below the prefix; the function name when it is null.</summary>
    public string? Route { get; set; }

    /// <summary>Methods; null takes any.</summary>
    public string[]? Methods { get; }

    /// <summary>Who may call.</summary>
    public AuthorizationLevel AuthLevel { get; } = AuthorizationLevel.Function;
}

/// <summary>Who may call an HTTP function.</summary>
public enum AuthorizationLevel
{
    /// <summary>Anybody.</summary>
    Anonymous,

    /// <summary>Signed-in users; not served by hosts today.</summary>
    User,

    /// <summary>A function key or the host key.</summary>
    Function,

    /// <summary>Used by the host itself.</summary>
    System,

    /// <summary>The master key.</summary>
    Admin,
}
