namespace SlmOps.Local.FunctionsHost;

/// <summary>A function as the worker announced it.</summary>
/// <param name="Name">Function name.</param>
/// <param name="EntryPoint">Type and method, as the real host shows them.</param>
/// <param name="Parameter">Name of the binding that takes the trigger's data.</param>
/// <param name="Trigger">What runs it.</param>
/// <param name="Retry">Retries after a failure; null for none.</param>
/// <param name="Disabled">True when a setting turns it off.</param>
internal sealed record FunctionDescriptor(
    string Name, string EntryPoint, string Parameter, Trigger Trigger, RetryPolicy? Retry = null, bool Disabled = false)
{
    /// <summary>True when the host listens for it.</summary>
    public bool IsServed => !Disabled && Trigger is not Trigger.NotServed;
}

/// <summary>What runs a function.</summary>
internal abstract record Trigger
{
    /// <summary>One line for people.</summary>
    public abstract string Summary { get; }

    /// <param name="Name">Queue name.</param>
    /// <param name="ConnectionString">Of its storage account.</param>
    /// <param name="Form">What the function's parameter is made of.</param>
    internal sealed record Queue(string Name, string ConnectionString, QueueForm Form = QueueForm.Text) : Trigger
    {
        public override string Summary => $"queue {Name}";
    }

    internal sealed record Timer(Schedule Schedule, bool RunOnStartup) : Trigger
    {
        public override string Summary => $"timer {Schedule}" + (RunOnStartup ? ", at start too" : "");
    }

    internal sealed record Http(string Route, IReadOnlyList<string>? Methods, AuthLevel Level) : Trigger
    {
        public override string Summary =>
            $"http {(Methods is null ? "any" : string.Join(",", Methods).ToUpperInvariant())} /{Route}";
    }

    /// <param name="Why">Which binding this host has no part for.</param>
    internal sealed record NotServed(string Why) : Trigger
    {
        public override string Summary => $"not served: {Why}";
    }
}

/// <summary>How a queue message goes to the worker.</summary>
internal enum QueueForm
{
    /// <summary>The body as text: string, and types made from JSON.</summary>
    Text,

    /// <summary>The body as it is: a byte array.</summary>
    Bytes,

    /// <summary>The whole message: types of the storage SDK.</summary>
    Message,
}

/// <summary>Who may call an HTTP function.</summary>
internal enum AuthLevel
{
    /// <summary>Anybody.</summary>
    Anonymous,

    /// <summary>A function key or the master key.</summary>
    Function,

    /// <summary>The master key; also levels that this host has no keys of its own for.</summary>
    Admin,
}
