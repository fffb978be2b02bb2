using System.Globalization;
using System.Threading.Channels;
using SlmOps.Local.FunctionsHost;
using SlmOps.Local.Workers.Protocol;

namespace SlmOps.Local.Tests.FunctionsHost;

/// <summary>One call of a test function.</summary>
internal sealed record Call(string Function, InvocationRequest Request)
{
    public TypedData Data => Request.InputData.Single().Data;

    public long DequeueCount => long.Parse(Request.TriggerMetadata["DequeueCount"].String, CultureInfo.InvariantCulture);
}

/// <summary>What the test functions do, and what they were called with: a worker in this process.</summary>
internal sealed class Script
{
    private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();

    public Func<Call, CancellationToken, Task> Act { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Functions that were ended because they ran too long.</summary>
    public List<string> Overdue { get; } = [];

    public bool IsQuiet => _calls.Reader.Count == 0;

    public Task<Call> NextAsync() => _calls.Reader.ReadAsync().AsTask().SoonAsync();

    /// <summary>The worker's side of an invocation.</summary>
    public async Task<InvocationResponse> RunAsync(
        FunctionDescriptor function, string invocationId, InvocationRequest request, CancellationToken cancellationToken)
    {
        var call = new Call(function.Name, request);
        await _calls.Writer.WriteAsync(call, CancellationToken.None);
        var result = new StatusResult { Status = StatusResult.Types.Status.Success };
        try
        {
            await Act(call, cancellationToken);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            result.Status = StatusResult.Types.Status.Failure;
            result.Exception = new FailureDetail { Type = e.GetType().Name, Message = e.Message };
        }

        return new InvocationResponse { InvocationId = invocationId, Result = result };
    }
}
