using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Cloud;
using SlmOps.EdgeAgent.Identity;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Planning;

namespace SlmOps.EdgeAgent.Run;

/// <summary>Gets and renews the device's certificate. Nothing that runs waits for it.</summary>
internal sealed class Enrolment(Credential credential, HttpCloudLink link, string? token, TimeProvider clock, Random random, ILogger log)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    // A no is a person's to change.
    private static readonly TimeSpan WaitAfterNo = TimeSpan.FromMinutes(1);

    // Who was let in again more than this ago starts anew.
    private static readonly TimeSpan Calm = TimeSpan.FromHours(1);
    private int _failures;
    private int _evictions;
    private DateTimeOffset? _enrolledAt;
    private DateTimeOffset? _notBefore;
    private string? _told;

    internal async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if ((credential.IsEnrolled && !credential.IsDue) || _notBefore > clock.GetUtcNow())
        {
            return;
        }

        if (credential.Doubt == RefusalCodes.TokenSignature && _notBefore is null && _enrolledAt is { } at)
        {
            // Whoever enrols with another key shuts this one out. Two agents that may do that would do it in turn for ever, and
            // neither would say a word; when each waits longer every time, the service hears both and tells people.
            _evictions = clock.GetUtcNow() - at < Calm ? _evictions + 1 : 1;
            Postpone(
                $"another agent enrolled as '{credential.DeviceId}' since; if two devices have this id, give one of them another.",
                Backoff.Delay(_evictions, FirstWait, LongestWait, random));
            return;
        }

        // What is good is renewed with itself; the token is for coming in.
        var renews = credential.IsEnrolled;
        if (!renews && token is null)
        {
            Postpone(
                credential.Doubt is { } doubt
                    ? $"the service does not know this device as it is enrolled ({doubt}), and there is no enrolment token."
                    : "there is no enrolment token; `slmops device token` makes one, and SLMOPS_TOKEN or --token-file hands it over.",
                LongestWait);
            return;
        }

        switch (await link.EnrolAsync(renews ? null : token, cancellationToken))
        {
            case EnrolOutcome.Enrolled enrolled when credential.Accept(enrolled.Answer) is { } fault:
                Postpone(fault, WaitAfterNo);
                break;
            case EnrolOutcome.Enrolled enrolled:
                (_failures, _notBefore, _told, _enrolledAt) = (0, null, null, clock.GetUtcNow());
                Log.Enrolled(log, credential.DeviceId, enrolled.Answer.Channel, enrolled.Answer.NotAfter);
                break;
            case EnrolOutcome.Failed failed:
                Postpone(
                    failed.Reason,
                    failed.RetryAfter
                        ?? (failed.IsRefusal ? WaitAfterNo : Backoff.Delay(_failures++, FirstWait, LongestWait, random)));
                break;
        }
    }

    private void Postpone(string reason, TimeSpan wait)
    {
        _notBefore = clock.GetUtcNow() + wait;
        if (reason != _told)
        {
            _told = reason;
            Log.NotEnrolled(log, reason, wait.TotalSeconds);
        }
    }
}
