using System.Diagnostics;
using System.Text.Json;

namespace SlmOps.Local.Azurite;

/// <summary>
/// The Azurite that used a folder before. When its owner was killed it still saves its tables for a moment; two at once
/// would damage them.
/// </summary>
internal static class AzuritePredecessor
{
    private const string Name = "process.json";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private sealed record Known(int Pid, DateTime StartedAt);

    public static void Remember(string folder, Process process) => File.WriteAllText(
        Path.Combine(folder, Name), JsonSerializer.Serialize(new Known(process.Id, process.StartTime.ToUniversalTime())));

    /// <summary>Returns when it is gone.</summary>
    /// <exception cref="LocalPlatformException">When it does not go.</exception>
    public static async Task WaitAsync(string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        using var process = Find(folder);
        if (process is null)
        {
            return;
        }

        try
        {
            await process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new LocalPlatformException($"Another Azurite, process {process.Id}, still uses {folder}; end it.", e);
        }
    }

    private static Process? Find(string folder)
    {
        try
        {
            var known = JsonSerializer.Deserialize<Known>(File.ReadAllText(Path.Combine(folder, Name)));
            var process = known is null ? null : Process.GetProcessById(known.Pid);
            // Process ids are used again; the start time tells them apart.
            if (process is not null && (process.StartTime.ToUniversalTime() - known!.StartedAt).Duration() < TimeSpan.FromSeconds(1))
            {
                return process;
            }

            process?.Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
