using Microsoft.Azure.Functions.Worker;

namespace SlmOps.Local.FunctionsHost;

/// <summary>The context of one invocation.</summary>
internal sealed class InvocationContext(
    FunctionDescriptor function,
    IReadOnlyDictionary<string, object?> bindingData,
    string traceparent,
    IServiceProvider services,
    CancellationToken cancellationToken) : FunctionContext
{
    public override string InvocationId { get; } = Guid.NewGuid().ToString();

    public override string FunctionId => function.EntryPoint;

    public override TraceContext TraceContext { get; } = new Trace(traceparent);

    public override BindingContext BindingContext { get; } = new Bindings(bindingData);

    public override RetryContext RetryContext { get; } = new NoRetry();

    public override IServiceProvider InstanceServices { get; set; } = services;

    public override FunctionDefinition FunctionDefinition { get; } = new Definition(function);

    public override IDictionary<object, object> Items { get; set; } = new Dictionary<object, object>();

    public override CancellationToken CancellationToken => cancellationToken;

    private sealed class Trace(string traceparent) : TraceContext
    {
        public override string TraceParent => traceparent;

        public override string TraceState => "";
    }

    private sealed class Bindings(IReadOnlyDictionary<string, object?> data) : BindingContext
    {
        public override IReadOnlyDictionary<string, object?> BindingData => data;
    }

    private sealed class NoRetry : RetryContext
    {
        public override int RetryCount => 0;

        public override int MaxRetryCount => 0;
    }

    private sealed class Definition(FunctionDescriptor function) : FunctionDefinition
    {
        public override string PathToAssembly => function.Method.Module.FullyQualifiedName;

        public override string EntryPoint => function.EntryPoint;

        public override string Id => function.EntryPoint;

        public override string Name => function.Name;
    }
}
