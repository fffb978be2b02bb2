using System.Diagnostics;
using SlmOps.Local.Workers.Protocol;

namespace SlmOps.Local.FunctionsHost;

/// <summary>What an invocation gets.</summary>
/// <param name="Data">Makes the value of the trigger's parameter; when it cannot, the invocation fails.</param>
/// <param name="Metadata">Data of the trigger by name.</param>
/// <param name="Parent">Trace context that the trigger carries.</param>
/// <param name="Retry">Which retry this is and how many there may be; null where nothing is retried by the host.</param>
internal sealed record Invocation(
    Func<TypedData> Data, IReadOnlyDictionary<string, TypedData> Metadata, ActivityContext Parent, RetryContext? Retry = null)
{
    public static IReadOnlyDictionary<string, TypedData> NoMetadata { get; } = new Dictionary<string, TypedData>();

    /// <summary>Unique; the worker's web server learns it from a header of the request.</summary>
    public string Id { get; } = Guid.NewGuid().ToString();
}

/// <summary>What came of it.</summary>
/// <param name="Error">Null for success.</param>
/// <param name="Answer">What the worker answered; null when it did not.</param>
internal sealed record InvocationResult(Exception? Error, InvocationResponse? Answer = null)
{
    public bool Succeeded => Error is null;
}

/// <summary>A function failed, with what the worker said of it.</summary>
internal sealed class FunctionException(string type, string message, string stack) : Exception(message)
{
    /// <summary>As the log shows it: the exception of the function, not of this host.</summary>
    public override string ToString() => $"{type}: {Message}{Environment.NewLine}{stack}";
}

/// <summary>Brings an invocation to a worker and its answer back.</summary>
/// <param name="function">The function.</param>
/// <param name="invocationId">Unique.</param>
/// <param name="request">Inputs, trigger metadata and trace.</param>
/// <param name="cancellationToken">Cancels the function; its answer is waited for nevertheless.</param>
internal delegate Task<InvocationResponse> WorkerCall(
    FunctionDescriptor function, string invocationId, InvocationRequest request, CancellationToken cancellationToken);
