// Tries one variant in the device lab and ends: what a container job runs for each message of the queue `lab`. Exit code 0 when a
// message was worked off or there was none, 1 when it failed and comes again, 2 when the settings are wrong.

using System.Runtime.InteropServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SlmOps.Pipeline;

using var ended = new CancellationTokenSource();
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
var services = new ServiceCollection().AddLogging(logging => logging.AddJsonConsole(console => console.IncludeScopes = true));
try
{
    services.AddPipeline(new ConfigurationBuilder().AddEnvironmentVariables().Build());
}
catch (InvalidOperationException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    return 2;
}

var provider = services.BuildServiceProvider();
await using (provider.ConfigureAwait(false))
{
    var outcome = await provider.GetRequiredService<QueueJob>().RunAsync("lab", ended.Token).ConfigureAwait(false);
    return outcome == QueueJobOutcome.Failed ? 1 : 0;
}

void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    ended.Cancel();
}
