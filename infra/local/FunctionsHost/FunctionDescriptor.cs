using System.Reflection;
using Microsoft.Azure.Functions.Worker;

namespace SlmOps.Local.FunctionsHost;

/// <summary>A function as the scan found it.</summary>
/// <param name="Name">Function name.</param>
/// <param name="Method">The method.</param>
/// <param name="Trigger">What runs it.</param>
/// <param name="TriggerParameter">The parameter that takes the trigger's data.</param>
/// <param name="Disabled">True when a setting turns it off.</param>
internal sealed record FunctionDescriptor(
    string Name, MethodInfo Method, Trigger Trigger, ParameterInfo TriggerParameter, bool Disabled)
{
    /// <summary>Type and method, as the real host shows them.</summary>
    public string EntryPoint => $"{Method.DeclaringType!.FullName}.{Method.Name}";
}

/// <summary>What runs a function.</summary>
internal abstract record Trigger
{
    /// <summary>One line for people.</summary>
    public abstract string Summary { get; }

    internal sealed record Queue(string Name, string ConnectionString) : Trigger
    {
        public override string Summary => $"queue {Name}";
    }

    internal sealed record EventGrid(bool IsBatched) : Trigger
    {
        public override string Summary => "event grid webhook" + (IsBatched ? ", batched" : "");
    }

    internal sealed record Timer(Schedule Schedule, bool RunOnStartup) : Trigger
    {
        public override string Summary => $"timer {Schedule}" + (RunOnStartup ? ", at start too" : "");
    }

    internal sealed record Http(string Route, IReadOnlyList<string>? Methods, AuthorizationLevel Level) : Trigger
    {
        public override string Summary =>
            $"http {(Methods is null ? "any" : string.Join(",", Methods).ToUpperInvariant())} /{Route}";
    }
}
