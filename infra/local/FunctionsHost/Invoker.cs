using System.Diagnostics;
using System.Reflection;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SlmOps.Local.FunctionsHost;

/// <summary>What an invocation gets.</summary>
/// <param name="Data">Makes the value of the trigger's parameter; when it cannot, the invocation fails.</param>
/// <param name="BindingData">Data of the trigger by name.</param>
/// <param name="Parent">Trace context that the trigger carries.</param>
/// <param name="RouteValues">Values of the route of an HTTP function.</param>
/// <param name="Answer">Writes the result of an HTTP function while its services still live.</param>
internal sealed record Invocation(
    Func<object?> Data,
    IReadOnlyDictionary<string, object?> BindingData,
    ActivityContext Parent,
    IReadOnlyDictionary<string, object?>? RouteValues = null,
    Func<IResult, Task>? Answer = null);

/// <summary>What came of it.</summary>
/// <param name="Error">Null for success.</param>
internal sealed record InvocationResult(Exception? Error)
{
    public bool Succeeded => Error is null;
}

/// <summary>Runs functions: a new instance and scope each time, a time limit, a trace and figures.</summary>
internal sealed class Invoker(
    IServiceProvider services, HostSettings settings, TimeProvider time, ILogger log, CancellationToken stopping)
{
    /// <summary>How long a function may take to notice that its time is over.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Runs a function; it never throws for what the function does.</summary>
    /// <param name="function">The function.</param>
    /// <param name="invocation">Its input.</param>
    /// <param name="cancellationToken">Ends with the caller, such as an HTTP client that went away.</param>
    public async Task<InvocationResult> RunAsync(
        FunctionDescriptor function, Invocation invocation, CancellationToken cancellationToken)
    {
        using var activity = HostDiagnostics.Activities.StartActivity(function.Name, ActivityKind.Consumer, invocation.Parent);
        activity?.SetTag("faas.name", function.Name);
        using var limit = settings.FunctionTimeout is { } timeout
            ? new CancellationTokenSource(timeout, time)
            : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken, limit.Token);
        var started = time.GetTimestamp();
        InvocationResult result;
        await using (var scope = services.CreateAsyncScope())
        {
            var context = new InvocationContext(
                function,
                invocation.BindingData,
                LocalTelemetry.Traceparent(activity, invocation.Parent),
                scope.ServiceProvider,
                either.Token);
            using var keys = log.BeginScope(new Dictionary<string, object>
            {
                ["Function"] = function.Name,
                ["InvocationId"] = context.InvocationId,
            });
            result = await CallAsync(function, invocation, context, limit.Token);
        }

        var elapsed = time.GetElapsedTime(started);
        var outcome = result.Error switch
        {
            null => "success",
            OperationCanceledException => "cancelled",
            TimeoutException when limit.IsCancellationRequested => "timeout",
            _ => "failure",
        };
        HostDiagnostics.Invoked(function.Name, outcome, elapsed);
        if (result.Error is not null)
        {
            activity?.SetStatus(ActivityStatusCode.Error, result.Error.Message);
            log.InvocationFailed(result.Error, function.Name, outcome, elapsed.TotalMilliseconds);
        }
        else
        {
            log.Invoked(function.Name, elapsed.TotalMilliseconds);
        }

        return result;
    }

    private async Task<InvocationResult> CallAsync(
        FunctionDescriptor function, Invocation invocation, InvocationContext context, CancellationToken limit)
    {
        try
        {
            var call = Task.Run(() => Call(function, invocation, context), CancellationToken.None);
            await WithinAsync(call, function, limit);
            return new((Exception?)null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return new(e);
        }
    }

    private async Task WithinAsync(Task call, FunctionDescriptor function, CancellationToken limit)
    {
        var over = new TaskCompletionSource();
        await using var registration = limit.Register(over.SetResult);
        if (await Task.WhenAny(call, over.Task) == call)
        {
            await call;
            return;
        }

        using var patience = new CancellationTokenSource();
        await Task.WhenAny(call, Task.Delay(Grace, time, patience.Token));
        await patience.CancelAsync();
        if (!call.IsCompleted)
        {
            // The real host restarts the worker process here.
            log.TimeLimitIgnored(function.Name, Grace);
        }

        throw new TimeoutException($"Function '{function.Name}' ran longer than functionTimeout of host.json, {settings.FunctionTimeout}.");
    }

    private static async Task Call(FunctionDescriptor function, Invocation invocation, InvocationContext context)
    {
        var instance = function.Method.IsStatic
            ? null
            : ActivatorUtilities.CreateInstance(context.InstanceServices, function.Method.DeclaringType!);
        try
        {
            var arguments = function.Method.GetParameters()
                .Select(parameter => Argument(parameter, function, invocation, context)).ToArray();
            object? returned;
            try
            {
                returned = function.Method.Invoke(instance, arguments);
            }
            catch (TargetInvocationException e) when (e.InnerException is not null)
            {
                ExceptionDispatchInfo.Throw(e.InnerException);
                throw;
            }

            if (returned is Task task)
            {
                await task;
                returned = task.GetType().GetProperty(nameof(Task<>.Result))?.GetValue(task);
            }

            if (returned is IResult result && invocation.Answer is not null)
            {
                await invocation.Answer(result);
            }
        }
        finally
        {
            switch (instance)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }
    }

    private static object? Argument(
        ParameterInfo parameter, FunctionDescriptor function, Invocation invocation, InvocationContext context)
    {
        if (parameter == function.TriggerParameter)
        {
            return invocation.Data();
        }

        return parameter.ParameterType == typeof(FunctionContext) ? context
            : parameter.ParameterType == typeof(CancellationToken) ? context.CancellationToken
            : invocation.RouteValues?.GetValueOrDefault(parameter.Name!) as string;
    }
}
