using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Validate;

/// <summary>Remembers of a run that its original cannot be run: no variant tries it again.</summary>
internal sealed class BaselineVerdict(RunStore runs)
{
    /// <exception cref="BaselineException">When that is known.</exception>
    internal async Task RequireRunnableAsync(RunKey run, CancellationToken cancellationToken)
    {
        var known = await runs.FindAsync<BaselineRefusal>(run, BaselineRefusal.Row, cancellationToken).ConfigureAwait(false);
        if (known is not null)
        {
            throw new BaselineException(known.Value.Reason);
        }
    }

    /// <summary>Writes it down.</summary>
    /// <returns>What to throw.</returns>
    internal async Task<BaselineException> RefuseAsync(RunKey run, string why, CancellationToken cancellationToken)
    {
        var reason = $"The original cannot be run: {why}";
        await runs.CompleteAsync(run, BaselineRefusal.Row, new BaselineRefusal(reason), [], cancellationToken).ConfigureAwait(false);
        return new(reason);
    }
}

/// <summary>The original cannot be run, so no variant of it can be judged.</summary>
internal sealed class BaselineException(string message) : Exception(message);
