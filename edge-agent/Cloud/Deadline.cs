namespace SlmOps.EdgeAgent.Cloud;

/// <summary>A caller's token that also ends by itself.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _timeout;
    private readonly CancellationTokenSource _linked;

    internal Deadline(TimeSpan after, TimeProvider clock, CancellationToken cancellationToken)
    {
        _timeout = new(after, clock);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _timeout.Token);
    }

    internal CancellationToken Token => _linked.Token;

    /// <summary>Starts the time again, as each piece of a long answer does.</summary>
    internal void Extend(TimeSpan after) => _timeout.CancelAfter(after);

    public void Dispose()
    {
        _linked.Dispose();
        _timeout.Dispose();
    }
}
