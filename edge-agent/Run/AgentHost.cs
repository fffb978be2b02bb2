using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Device;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Options;
using SlmOps.Packaging;

namespace SlmOps.EdgeAgent.Run;

/// <summary>One agent in one process: lock, log, loop, clean stop.</summary>
internal static class AgentHost
{
    private static readonly TimeSpan RestAfterFault = TimeSpan.FromSeconds(10);

    internal static async Task<int> RunAsync(AgentOptions options, bool once, bool logJson, CancellationToken cancellationToken)
    {
        using var logging = Logging(logJson);
        var log = logging.CreateLogger("slmops-agent");
        try
        {
            var around = AgentSurroundings.Real();
            var folder = new DataFolder(options.DataPath);
            var id = DeviceIdOf(folder, options.DeviceId, log);
            using var held = DataFolderLock.TryTake(folder, new(Environment.ProcessId, id, around.Clock.GetUtcNow()), out var holder);
            if (held is null)
            {
                Log.FolderHeld(log, folder.Root, holder?.DeviceId.ToString() ?? "unknown", holder?.ProcessId ?? 0, holder?.Since);
                return 1;
            }

            using var parts = new AgentParts(options, folder, id, around, log);
            return await RunAsync(
                new AgentLoop(parts, options.Poll, around.Clock, around.Random, log),
                options,
                id,
                once,
                log,
                cancellationToken);
        }
        catch (Exception exception) when (exception is PackageFormatException or InvalidDataException or IOException
            or UnauthorizedAccessException or CryptographicException)
        {
            Log.CannotStart(log, exception.Message);
            return 1;
        }
    }

    private static async Task<int> RunAsync(
        AgentLoop loop, AgentOptions options, DeviceId id, bool once, ILogger log, CancellationToken cancellationToken)
    {
        Log.Started(log, Machine.AgentVersion, id, options.Channel, options.Url, options.MemoryBytes);
        if (options.Url.Scheme == "http" && !options.Url.IsLoopback)
        {
            Log.TokensInTheClear(log, options.Url);
        }

        var recovered = false;
        while (true)
        {
            try
            {
                if (!recovered)
                {
                    loop.Recover();
                    recovered = true;
                }

                if (once)
                {
                    var settled = await loop.RunOnceAsync(cancellationToken);
                    loop.Stop();
                    return settled ? 0 : 1;
                }

                await loop.RunAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                if (recovered)
                {
                    loop.Stop();
                }

                Log.Stopped(log);
                return 0;
            }
            catch (Exception exception) when (!once && exception is IOException or UnauthorizedAccessException)
            {
                // A full or failing disk may recover; what the journal says is still true.
                Log.DiskFault(log, exception);
                await loop.TellOfDiskAsync(exception, cancellationToken);
                await Task.Delay(RestAfterFault, TimeProvider.System, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>
    /// The id that the folder keeps. Where that file is lost or damaged, the one that the folder's last agent had: a device
    /// that comes back under another name is a stranger to its rollout.
    /// </summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="log">Told about damage.</param>
    /// <param name="given">What a new folder gets; null makes an id.</param>
    internal static DeviceId KeptDeviceId(DataFolder folder, ILogger log, DeviceId? given = null)
    {
        var bytes = DurableFile.Read(folder.DeviceId, 256, out var damage);
        string[] lines = bytes is null
            ? []
            : Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lines is [var text, ..] && DeviceId.TryParse(text, out var kept) && (lines.Length == 1 || lines[1] == CheckOf(kept)))
        {
            return kept;
        }

        if (bytes is not null || damage is not null)
        {
            Log.FileDamaged(log, folder.DeviceId, damage ?? "it does not hold a device id");
            DiskPath.PutAside(folder.DeviceId);
        }

        var id = DataFolderLock.ReadHolder(folder) is { DeviceId: { IsEmpty: false } last }
            ? last
            : given ?? DeviceId.Parse("d-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        DurableFile.Write(folder.DeviceId, Encoding.UTF8.GetBytes($"{id}\n{CheckOf(id)}\n"));
        return id;
    }

    /// <summary>
    /// What lies in a data folder, from reports that wait to releases that failed, is of one device: another id is refused.
    /// </summary>
    internal static DeviceId DeviceIdOf(DataFolder folder, DeviceId? given, ILogger log)
    {
        var kept = KeptDeviceId(folder, log, given);
        return given is not { } wanted || wanted == kept
            ? kept
            : throw new InvalidDataException(
                $"'{folder.Root}' is the data folder of the device '{kept}', and --id says '{wanted}'. Give a new device a --data folder "
                    + "of its own, or leave --id out."
            );
    }

    // A flipped bit makes one id into another. Who writes a file by hand needs no check.
    private static string CheckOf(DeviceId id) => "check:" + Digest.Of(Encoding.UTF8.GetBytes(id)).Hex[..16];

    private static ILoggerFactory Logging(bool json) =>
        LoggerFactory.Create(builder =>
        {
            builder.SetMinimumLevel(LogLevel.Information);
            _ = json
                ? builder.AddJsonConsole(console => console.UseUtcTimestamp = true)
                : builder.AddSimpleConsole(console =>
                    (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, "HH:mm:ss ", true));

            // Standard output belongs to what a caller may parse.
            builder.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        });
}
