using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Cloud;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Run;

/// <summary>
/// Asks the metadata, before anything of a release is fetched, whether the release is on the newest list and may be
/// installed here. What is wrong with the metadata is never the release's fault: the device waits and asks again.
/// </summary>
internal sealed class FreshnessCheck(HttpCloudLink link, FreshnessFile file, Journal journal, TimeProvider clock, ILogger log)
{
    internal async Task<Failure?> RunAsync(CancellationToken cancellationToken)
    {
        var release = journal.Deployment.Release;
        var kept = file.Read(out var trouble);
        if (trouble is not null)
        {
            Log.FreshnessStartsAgain(log, trouble);
        }

        TufUpdate update;
        try
        {
            var now = clock.GetUtcNow();
            update = await TufClient.UpdateAsync(
                kept, link.FetchMetadataAsync, now > journal.State.ClockFloor ? now : journal.State.ClockFloor, cancellationToken);
        }
        catch (MetadataUnavailableException unavailable)
        {
            return Wait("unavailable", unavailable.Message, unavailable.RetryAfter);
        }
        catch (Exception exception) when (HttpCloudLink.IsOfNetwork(exception, cancellationToken))
        {
            return Wait("unavailable", $"The metadata could not be fetched: {HttpCloudLink.Describe(exception)}");
        }

        // A clock that once ran years ahead must not make everything expired for ever: only a time at which the metadata
        // was fresh is remembered.
        file.Write(update.Releases is null ? update.State with { LatestTime = kept.LatestTime } : update.State);
        if (update.Releases is not { } listed)
        {
            return Wait(update.ReasonCode!, update.Reason!);
        }

        var learned = journal.State.Learn(listed);
        if (listed.FirstOrDefault(one => one.Release.Model == release.Model && one.Release.Version == release.Version) is not { } target
            || target.Release != release)
        {
            journal.Write(learned);
            return Wait("not-listed", $"{release.Model} {release.Version} {release.Digest} of the channel is not in the list of releases.");
        }

        var deployment = learned.Deployment! with { Listed = target };
        var waited = deployment.ReasonCode?.StartsWith(ReasonCodes.MetadataPrefix, StringComparison.Ordinal) == true;
        journal.Write(learned with { Deployment = waited ? deployment with { ReasonCode = null, Reason = null } : deployment });
        return learned.FloorOf(release.Model).RefuseInstall(target) is { } below
            ? new(FailureKind.Refused, ReasonCodes.BelowFloor, below)
            : null;
    }

    private static Failure Wait(string code, string reason, TimeSpan? retryAfter = null) =>
        new(FailureKind.Transient, ReasonCodes.MetadataPrefix + code, reason, retryAfter);
}
