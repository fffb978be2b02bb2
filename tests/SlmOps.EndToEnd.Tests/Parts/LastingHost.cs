namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>A functions host that is started again whenever it is gone.</summary>
internal sealed class LastingHost(string dataFolder, int leaseSeconds) : IAsyncDisposable
{
    private HostProcess? _host;

    /// <summary>Called at each look at a host that runs.</summary>
    internal Action<HostProcess>? Looked { get; set; }

    internal HostProcess? Current => _host is { HasExited: false } host ? host : null;

    internal string Output => _host?.Output ?? "";

    /// <summary>Looks again and again until it is told to stop.</summary>
    internal async Task KeepAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await LookAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(60), TimeProvider.System, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    internal async Task LookAsync()
    {
        if (_host is null or { HasExited: true })
        {
            await DisposeAsync();
            _host = HostProcess.Start(dataFolder, leaseSeconds);
        }

        Looked?.Invoke(_host);
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is { } host)
        {
            _host = null;
            await host.DisposeAsync();
        }
    }
}
