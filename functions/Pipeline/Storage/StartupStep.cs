using Microsoft.Extensions.Hosting;

namespace SlmOps.Pipeline.Storage;

/// <summary>
/// What must be done before any service starts, the connection to the functions host among them: a host that hears that
/// the functions are ready finds it done.
/// </summary>
internal abstract class StartupStep : IHostedLifecycleService
{
    public abstract Task StartingAsync(CancellationToken cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
