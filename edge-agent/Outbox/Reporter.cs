using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Cloud;
using SlmOps.EdgeAgent.Identity;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Planning;

namespace SlmOps.EdgeAgent.Outbox;

/// <summary>Brings the outbox to the service, batch by batch, without ever holding up anything else.</summary>
/// <param name="outbox">What waits.</param>
/// <param name="link">The service.</param>
/// <param name="credential">Who speaks, and the service's time.</param>
/// <param name="renumber">Gives what waits new numbers, from the given one on.</param>
/// <param name="goOnAbove">Numbers above the given one from now on, and says once more where the device stands.</param>
/// <param name="clock">Clock of the waits.</param>
/// <param name="random">Source of jitter.</param>
/// <param name="log">Log.</param>
internal sealed class Reporter(
    ReportOutbox outbox,
    HttpCloudLink link,
    Credential credential,
    Action<long> renumber,
    Action<long> goOnAbove,
    TimeProvider clock,
    Random random,
    ILogger log)
    : IDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);
    private readonly SemaphoreSlim _one = new(1);
    private int _failures;
    private int _most = DeviceReport.MaxBatch;

    /// <summary>Nothing is sent before this time; null when nothing stands in the way.</summary>
    internal DateTimeOffset? NotBefore { get; private set; }

    /// <summary>True when everything said so far is with the service.</summary>
    internal bool IsEmpty => outbox.Count == 0;

    /// <summary>Sends what waits, up to the first batch that does not get through.</summary>
    internal async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            await SendAllAsync(cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>The same, but no longer than this: what does not get through in time waits for a better moment.</summary>
    internal async Task FlushAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(patience, clock, cancellationToken);
        try
        {
            await FlushAsync(deadline.Token);
        }
        catch (Exception exception) when (deadline.Token.IsCancellationRequested && !cancellationToken.IsCancellationRequested
            && exception is OperationCanceledException or HttpRequestException or IOException)
        {
            Postpone($"The service took longer than {patience.TotalSeconds:0} s.", null);
        }
    }

    /// <summary>Sends a report that no disk took, after those that wait.</summary>
    /// <returns>True when the service has it.</returns>
    internal async Task<bool> SendUnstoredAsync(DeviceReport report, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var reports = outbox.Peek(DeviceReport.MaxBatch - 1).Where(one => one.Seq < report.Seq).Append(report);
            var batch = new DeviceReportBatch([.. reports.Select(InTime)]);
            return await link.SendAsync(credential.DeviceId, batch, cancellationToken) is SendOutcome.Accepted;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task SendAllAsync(CancellationToken cancellationToken)
    {
        var wentOn = false;
        while (outbox.Count > 0 && (NotBefore is not { } time || time <= clock.GetUtcNow()))
        {
            var reports = outbox.Peek(_most);
            switch (await link.SendAsync(credential.DeviceId, new DeviceReportBatch([.. reports.Select(InTime)]), cancellationToken))
            {
                case SendOutcome.Accepted accepted when accepted.AcceptedSeq >= reports[0].Seq:
                    outbox.Acknowledge(Math.Min(accepted.AcceptedSeq, reports[^1].Seq));
                    (_failures, NotBefore, _most) = (0, null, DeviceReport.MaxBatch);
                    if (!wentOn && accepted.HighestSeq > outbox.LastSeq && accepted.HighestSeq < long.MaxValue / 2)
                    {
                        // The clock or the folder of this device went back, and the service took none of it.
                        wentOn = true;
                        Log.ReportsGoOn(log, reports[^1].Seq, accepted.HighestSeq);
                        goOnAbove(accepted.HighestSeq);
                    }

                    break;
                case SendOutcome.Refused when reports.Count > 1:
                    // One report that the service does not understand must not take the others with it.
                    _most = reports.Count / 2;
                    break;
                case SendOutcome.Refused { Field: var field } when field?.EndsWith(".seq", StringComparison.Ordinal) == true
                    && reports[0].Seq > credential.Now.ToUnixTimeMilliseconds():
                    // Numbered by a clock that ran ahead when the device began.
                    var first = credential.Now.ToUnixTimeMilliseconds();
                    Log.ReportsRenumbered(log, reports[0].Seq, first);
                    renumber(first);
                    break;
                case SendOutcome.Refused refused:
                    Log.ReportsRefused(log, reports.Count, reports[0].Seq, reports[^1].Seq, refused.Reason);
                    outbox.Acknowledge(reports[^1].Seq);
                    (_failures, NotBefore) = (0, null);
                    break;
                case SendOutcome.Failed failed:
                    Postpone(failed.Reason, failed.RetryAfter);
                    return;
                default:
                    Postpone("The service confirmed none of the reports.", null);
                    return;
            }
        }
    }

    /// <summary>A report that was made by a clock that ran ahead was made now at the latest.</summary>
    private DeviceReport InTime(DeviceReport report) => report.Time > credential.Now ? report with { Time = credential.Now } : report;

    private void Postpone(string reason, TimeSpan? retryAfter)
    {
        var wait = retryAfter ?? Backoff.Delay(_failures++, FirstWait, LongestWait, random);
        NotBefore = clock.GetUtcNow() + wait;
        Log.ReportsPostponed(log, outbox.Count, wait.TotalSeconds, reason);
    }

    public void Dispose() => _one.Dispose();
}
