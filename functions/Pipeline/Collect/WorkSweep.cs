using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Collect;

/// <summary>Deletes at start what stages of hosts that died left in the work folder: models of gigabytes, as a rule.</summary>
internal sealed class WorkSweep(PipelineOptions options, ILogger<WorkSweep> log) : StartupStep
{
    public override Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (WorkFolder.Sweep(options.WorkFolder) is { Folders: > 0 } swept)
            {
                Log.WorkSwept(log, options.WorkFolder, swept.Folders, swept.Bytes);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The stages say what is wrong with it, if they can work at all.
            Log.WorkUnswept(log, options.WorkFolder, fault.Message);
        }

        return Task.CompletedTask;
    }
}
