using Microsoft.AspNetCore.Http;
using SlmOps.Contracts;
using SlmOps.Pipeline.Access;
using SlmOps.Pipeline.Audit;

namespace SlmOps.Pipeline.Api;

/// <summary>Where every call of an operator comes in: the key is looked at, and what changes something is written down.</summary>
internal sealed class OperatorDoor(OperatorKeys keys, AuditLog audit, TimeProvider time)
{
    /// <summary>Does a call's work if the caller may ask for it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The call, as <see cref="OperatorCalls"/> names it.</param>
    /// <param name="work">What to do.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal async Task<IResult> EnterAsync(
        HttpRequest request, string name, Func<Task<IResult>> work, CancellationToken cancellationToken)
    {
        var call = OperatorCalls.Find(name);
        var presented = Bearer.Of(request);
        var key = presented is null ? null : await keys.FindAsync(presented, cancellationToken).ConfigureAwait(false);
        if (OperatorAccess.Decide(presented is not null, key, call, time.GetUtcNow()) is { } refusal)
        {
            return Problem.Of(request, refusal);
        }

        return call.Changes
            ? await AuditedAsync($"{key!.Name} ({key.Id})", request, call, work, cancellationToken).ConfigureAwait(false)
            : await work().ConfigureAwait(false);
    }

    /// <summary>Written before it is done, so that nothing is done that is not written; and after, so that its end is known.</summary>
    internal async Task<IResult> AuditedAsync(
        string who, HttpRequest request, OperatorCall call, Func<Task<IResult>> work, CancellationToken cancellationToken)
    {
        var target = $"{call.Method.ToUpperInvariant()} {request.Path}{request.QueryString}";
        var asked = await audit.AppendAsync(who, call.Name, target, null, null, cancellationToken).ConfigureAwait(false);
        var status = StatusCodes.Status500InternalServerError;
        try
        {
            var result = await work().ConfigureAwait(false);
            status = (result as IStatusCodeHttpResult)?.StatusCode ?? StatusCodes.Status200OK;
            return result;
        }
        finally
        {
            // The caller may be gone; what was done was done.
            await audit.AppendAsync(who, call.Name, target, status, asked.Seq, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
