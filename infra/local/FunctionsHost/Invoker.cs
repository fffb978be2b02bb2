using System.Diagnostics;
using Microsoft.Extensions.Logging;
using SlmOps.Local.Workers.Protocol;

namespace SlmOps.Local.FunctionsHost;

/// <summary>Runs functions: a time limit, a trace, figures and the log of each invocation.</summary>
/// <param name="call">Brings an invocation to the worker.</param>
/// <param name="overdue">Called when a function ignores that its time is over; it ends the worker.</param>
/// <param name="settings">The time limit.</param>
/// <param name="time">Clock.</param>
/// <param name="log">Log.</param>
/// <param name="stopping">Cancels every function.</param>
internal sealed class Invoker(
    WorkerCall call,
    Func<FunctionDescriptor, Task> overdue,
    HostSettings settings,
    TimeProvider time,
    ILogger log,
    CancellationToken stopping)
{
    /// <summary>How long a function may take to notice that its time is over.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private int _running;

    /// <summary>Invocations that run now.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Runs a function; it never throws for what the function does.</summary>
    /// <param name="function">The function.</param>
    /// <param name="invocation">Its input.</param>
    /// <param name="cancellationToken">Ends with the caller, such as an HTTP client that went away.</param>
    public async Task<InvocationResult> RunAsync(FunctionDescriptor function, Invocation invocation, CancellationToken cancellationToken)
    {
        using var activity = HostDiagnostics.Activities.StartActivity(function.Name, ActivityKind.Consumer, invocation.Parent);
        activity?.SetTag("faas.name", function.Name).SetTag("faas.invocation_id", invocation.Id);
        using var keys = log.BeginScope(new Dictionary<string, object>
        {
            ["Function"] = function.Name,
            ["InvocationId"] = invocation.Id,
        });
        var started = time.GetTimestamp();
        Interlocked.Increment(ref _running);
        InvocationResult result;
        try
        {
            result = await WithinAsync(function, invocation, LocalTelemetry.Traceparent(activity, invocation.Parent), cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }

        Report(function, result, time.GetElapsedTime(started), activity);
        return result;
    }

    private void Report(FunctionDescriptor function, InvocationResult result, TimeSpan elapsed, Activity? activity)
    {
        var outcome = result.Error switch
        {
            null => "success",
            OperationCanceledException => "cancelled",
            TimeoutException => "timeout",
            _ => "failure",
        };
        HostDiagnostics.Invoked(function.Name, outcome, elapsed);
        if (result.Error is null)
        {
            log.Invoked(function.Name, elapsed.TotalMilliseconds);
            return;
        }

        activity?.SetStatus(ActivityStatusCode.Error, result.Error.Message);
        log.InvocationFailed(result.Error, function.Name, outcome, elapsed.TotalMilliseconds);
    }

    private async Task<InvocationResult> WithinAsync(
        FunctionDescriptor function, Invocation invocation, string traceparent, CancellationToken cancellationToken)
    {
        using var limit = settings.FunctionTimeout is { } timeout
            ? new CancellationTokenSource(timeout, time)
            : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken, limit.Token);
        try
        {
            var running = call(function, invocation.Id, Request(function, invocation, traceparent), either.Token);
            var over = new TaskCompletionSource();
            await using var registration = limit.Token.Register(over.SetResult);
            if (await Task.WhenAny(running, over.Task) != running)
            {
                return await OverdueAsync(function, running);
            }

            return Result(await running, either.IsCancellationRequested);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return new(e);
        }
    }

    /// <summary>
    /// As in the real host: its token was cancelled; a function that ends now spares its worker, one that does not goes with
    /// it, and so does everything else that runs there.
    /// </summary>
    private async Task<InvocationResult> OverdueAsync(FunctionDescriptor function, Task<InvocationResponse> running)
    {
        using var patience = new CancellationTokenSource();
        await Task.WhenAny(running, Task.Delay(Grace, time, patience.Token));
        await patience.CancelAsync();
        if (!running.IsCompleted)
        {
            await overdue(function);
            await Task.WhenAny(running);
        }

        return new(
            new TimeoutException($"Function '{function.Name}' ran longer than functionTimeout of host.json, {settings.FunctionTimeout}."));
    }

    private static InvocationRequest Request(FunctionDescriptor function, Invocation invocation, string traceparent)
    {
        var request = new InvocationRequest
        {
            TraceContext = new TraceContext { TraceParent = traceparent },
            RetryContext = invocation.Retry,
        };
        request.InputData.Add(new ParameterBinding { Name = function.Parameter, Data = invocation.Data() });
        foreach (var (name, value) in invocation.Metadata)
        {
            request.TriggerMetadata.Add(name, value);
        }

        return request;
    }

    private static InvocationResult Result(InvocationResponse answer, bool cancelled)
    {
        if (answer.Result?.Status is null or StatusResult.Types.Status.Success)
        {
            return new(null, answer);
        }

        var exception = answer.Result.Exception;
        var failure = new FunctionException(
            exception is { Type.Length: > 0 } ? exception.Type : "Exception",
            exception?.Message ?? "The function failed.",
            exception?.StackTrace ?? "");
        return cancelled || answer.Result.Status == StatusResult.Types.Status.Cancelled
            ? new(new OperationCanceledException("The function was cancelled.", failure), answer)
            : new(failure, answer);
    }
}
