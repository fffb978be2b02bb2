using System.Diagnostics;
using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Cloud;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Logging;
using SlmOps.Packaging.Channels;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Run;

/// <summary>The newest channel document that this device trusts, over restarts.</summary>
internal sealed class ChannelFollower(
    HttpCloudLink link, TrustRoots trust, Journal journal, DataFolder folder, ChannelName channel, TimeProvider clock, ILogger log)
{
    private const int FruitlessLooks = 3;
    private int _fruitless;
    private string? _etag;
    private bool _isKept;

    internal ChannelDocument? Document { get; private set; }

    /// <summary>Why the last look at the channel brought nothing that can be followed; null when it did, or nothing is there.</summary>
    internal string? Trouble { get; private set; }

    /// <summary>How long the service asked to be left alone.</summary>
    internal TimeSpan? RetryAfter { get; private set; }

    /// <summary>Takes up the document of the time before the restart.</summary>
    internal void Load()
    {
        var envelope = DurableFile.Read(folder.Channel(channel), Limits.ChannelBytes, out var damage);
        _isKept = envelope is not null;
        if (envelope is not null)
        {
            damage = Follow(envelope) ? null : Trouble;
        }

        if (damage is not null)
        {
            // It comes again with the next look at the channel; until then what runs keeps running.
            _isKept = false;
            Log.FileDamaged(log, folder.Channel(channel), damage);
            DiskPath.PutAside(folder.Channel(channel));
        }
    }

    /// <summary>
    /// Why the channel has given nothing that can be followed for a while, so that it is worth telling; null else. One call that
    /// gets lost is not.
    /// </summary>
    internal string? LastingTrouble => _fruitless >= FruitlessLooks ? Trouble : null;

    /// <summary>Looks at the channel in the middle of something else. An answer that does not come in time changes nothing.</summary>
    internal async Task GlanceAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(patience, clock, cancellationToken);
        try
        {
            if (await link.FetchChannelAsync(channel, _etag, deadline.Token) is ChannelFetch.Fetched fetched)
            {
                _etag = Follow(fetched.Envelope) ? fetched.ETag : null;
            }
        }
        catch (Exception exception) when (deadline.Token.IsCancellationRequested && !cancellationToken.IsCancellationRequested
            && exception is OperationCanceledException or HttpRequestException or IOException)
        {
            Log.ChannelUnreachable(log, channel, HttpCloudLink.Describe(exception));
        }
    }

    internal async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await LookAsync(cancellationToken);
        _fruitless = Trouble is null ? 0 : _fruitless + 1;
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        RetryAfter = null;
        switch (await link.FetchChannelAsync(channel, _etag, cancellationToken))
        {
            case ChannelFetch.Fetched fetched:
                // An answer that cannot be followed is asked for again in full.
                _etag = Follow(fetched.Envelope) ? fetched.ETag : null;
                break;
            case ChannelFetch.Failed failed:
                Trouble = failed.Reason;
                RetryAfter = failed.RetryAfter;
                Log.ChannelUnreachable(log, channel, failed.Reason);
                break;
            case ChannelFetch.Absent:
                Trouble = null;
                Log.ChannelAbsent(log, channel);
                break;
            default:
                Trouble = null;
                break;
        }
    }

    private bool Follow(byte[] envelope)
    {
        var highest = journal.State.Channels.GetValueOrDefault(channel);

        // The time given makes no document expired: what an expired one still may do is the planner's to say.
        var verdict = ChannelVerifier.Verify(envelope, trust.DirectorKey, channel, DateTimeOffset.MinValue, highest);
        if (verdict.Document is not { } document)
        {
            Trouble = verdict.Reason;
            Log.ChannelRefused(log, channel, verdict.ReasonCode, verdict.Reason);
            return false;
        }

        if (document.Version > highest || !_isKept)
        {
            // The document first: a version without its document would leave the device with nothing to follow.
            DurableFile.Write(folder.Channel(channel), envelope);
            _isKept = true;
            var floor = document.IssuedAt > journal.State.ClockFloor ? document.IssuedAt : journal.State.ClockFloor;
            var channels = new Dictionary<ChannelName, long>(journal.State.Channels) { [channel] = document.Version };
            journal.Write(journal.State with { Channels = channels, ClockFloor = floor });
            Log.ChannelFollowed(log, channel, document.Version);
        }

        Document = document;
        link.Traceparent = ActivityContext.TryParse(document.Traceparent, null, out _) ? document.Traceparent : null;
        Trouble = null;
        return true;
    }
}
