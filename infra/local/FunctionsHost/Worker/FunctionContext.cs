namespace Microsoft.Azure.Functions.Worker;

/// <summary>What a function may know of its invocation.</summary>
public abstract class FunctionContext
{
    /// <summary>Unique id of the invocation.</summary>
    public abstract string InvocationId { get; }

    /// <summary>Stable id of the function.</summary>
    public abstract string FunctionId { get; }

    /// <summary>Trace context of the invocation.</summary>
    public abstract TraceContext TraceContext { get; }

    /// <summary>Data of the trigger.</summary>
    public abstract BindingContext BindingContext { get; }

    /// <summary>Retries by attribute; the triggers here have none.</summary>
    public abstract RetryContext RetryContext { get; }

    /// <summary>Services of the invocation.</summary>
    public abstract IServiceProvider InstanceServices { get; set; }

    /// <summary>The function.</summary>
    public abstract FunctionDefinition FunctionDefinition { get; }

    /// <summary>Anything that lives as long as the invocation.</summary>
    public abstract IDictionary<object, object> Items { get; set; }

    /// <summary>Ends with the function's time limit or the host.</summary>
    public virtual CancellationToken CancellationToken { get; }
}

/// <summary>W3C trace context.</summary>
public abstract class TraceContext
{
    /// <summary>The <c>traceparent</c>.</summary>
    public abstract string TraceParent { get; }

    /// <summary>The <c>tracestate</c>.</summary>
    public abstract string TraceState { get; }
}

/// <summary>Data of the trigger.</summary>
public abstract class BindingContext
{
    /// <summary>Names and values, such as DequeueCount of a message.</summary>
    public abstract IReadOnlyDictionary<string, object?> BindingData { get; }
}

/// <summary>Where a retry policy is.</summary>
public abstract class RetryContext
{
    /// <summary>Retries so far.</summary>
    public abstract int RetryCount { get; }

    /// <summary>Most retries.</summary>
    public abstract int MaxRetryCount { get; }
}

/// <summary>What is known of a function.</summary>
public abstract class FunctionDefinition
{
    /// <summary>Assembly file.</summary>
    public abstract string PathToAssembly { get; }

    /// <summary>Type and method.</summary>
    public abstract string EntryPoint { get; }

    /// <summary>Stable id.</summary>
    public abstract string Id { get; }

    /// <summary>Function name.</summary>
    public abstract string Name { get; }
}
