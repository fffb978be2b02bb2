using System.Runtime.ExceptionServices;
using Azure.Storage.Queues;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Host;
using Microsoft.Azure.WebJobs.Host.Timers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local.Tests.FunctionsHost.Comparison;

/// <summary>The listener of the real host: the packages that it is made of, in this process.</summary>
internal sealed class TriedReal(IHost host) : ITried
{
    public static async Task<ITried> StartAsync(
        string storage, string queue, HostSettings settings, Recording recording, Func<string, long, CancellationToken, Task> function)
    {
        var host = new HostBuilder()
            .ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection(
                new Dictionary<string, string?> { ["AzureWebJobsStorage"] = storage, ["Queue"] = queue }))
            .ConfigureWebJobs(jobs => jobs.AddAzureStorageQueues(queues =>
            {
                queues.BatchSize = settings.BatchSize;
                queues.NewBatchThreshold = settings.NewBatchThreshold;
                queues.MaxDequeueCount = settings.MaxDequeueCount;
                queues.VisibilityTimeout = settings.VisibilityTimeout;
                queues.MaxPollingInterval = settings.MaxPollingInterval;
                queues.MessageEncoding = settings.Base64 ? QueueMessageEncoding.Base64 : QueueMessageEncoding.None;
            }))
            .ConfigureServices(services => services
                .AddSingleton<ITypeLocator, OnlyThis>()
                .AddSingleton(function)
                .AddSingleton<IWebJobsExceptionHandlerFactory>(new Unhandled(recording))
                .AddSingleton<IHostLifetime, TestDecides>())
            .Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new TriedReal(host);
    }

    public Task StopAsync() => host.StopAsync();

    public void Notify()
    {
        // Only what a function in the same process puts into a queue wakes its listener.
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }

    private sealed class OnlyThis : ITypeLocator
    {
        public IReadOnlyList<Type> GetTypes() => [typeof(TriedFunction)];
    }

    /// <summary>By default an error that a listener does not handle ends the process.</summary>
    private sealed class Unhandled(Recording recording) : IWebJobsExceptionHandlerFactory, IWebJobsExceptionHandler
    {
        public IWebJobsExceptionHandler Create(IHost host) => this;

        public Task OnTimeoutExceptionAsync(ExceptionDispatchInfo exceptionInfo, TimeSpan timeoutGracePeriod) =>
            OnUnhandledExceptionAsync(exceptionInfo);

        public Task OnUnhandledExceptionAsync(ExceptionDispatchInfo exceptionInfo)
        {
            recording.Add("unhandled error");
            return Task.CompletedTask;
        }
    }

    private sealed class TestDecides : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>What the real host calls; it wants a public type.</summary>
public sealed class TriedFunction(Func<string, long, CancellationToken, Task> function)
{
    /// <summary>Called for each message.</summary>
    [FunctionName("Function")]
    public Task RunAsync([QueueTrigger("%Queue%")] string message, long dequeueCount, CancellationToken cancellationToken) =>
        function(message, dequeueCount, cancellationToken);
}
