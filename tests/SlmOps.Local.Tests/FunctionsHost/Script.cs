using System.Threading.Channels;
using Microsoft.Azure.Functions.Worker;

namespace SlmOps.Local.Tests.FunctionsHost;

/// <summary>One call of a test function.</summary>
internal sealed record Call(string Function, object? Data, FunctionContext Context)
{
    public long DequeueCount => (long)Context.BindingContext.BindingData["DequeueCount"]!;
}

/// <summary>What the test functions do, and what they were called with.</summary>
public sealed class Script
{
    private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();

    internal Func<Call, CancellationToken, Task> Act { get; set; } = (_, _) => Task.CompletedTask;

    internal async Task RunAsync(object? data, FunctionContext context, CancellationToken cancellationToken)
    {
        var call = new Call(context.FunctionDefinition.Name, data, context);
        await _calls.Writer.WriteAsync(call, cancellationToken);
        await Act(call, cancellationToken);
    }

    internal Task<Call> NextAsync() => _calls.Reader.ReadAsync().AsTask().SoonAsync();

    internal bool IsQuiet => _calls.Reader.Count == 0;
}
