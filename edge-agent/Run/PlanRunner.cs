using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Download;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Run;

/// <summary>Gives plans their effect, one step after the other; the only place that does.</summary>
internal sealed class PlanRunner(
    Journal journal,
    FreshnessCheck freshness,
    Preparation preparation,
    SlotSwitch slotSwitch,
    Outlook outlook,
    Voice voice,
    TimeProvider clock,
    Random random,
    ILogger log)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan RefusalWait = TimeSpan.FromHours(1);

    /// <summary>Runs steps until one fails, the channel asks for something else, or all are done.</summary>
    /// <returns>False when the time slice ended in the middle of a download, which goes on as it stands.</returns>
    internal async Task<bool> RunAsync(Plan.Steps plan, DateTimeOffset sliceEnd, CancellationToken cancellationToken)
    {
        for (var step = 0; step < plan.Actions.Count; step++)
        {
            var action = plan.Actions[step];
            Log.StepStarted(log, action.GetType().Name, Model?.Model, Model?.Version, Model?.Digest.ToString());
            var before = journal.State.Deployment;
            var failure = await voice.DuringAsync(() => RunAsync(action, sliceEnd, cancellationToken), cancellationToken);
            if (failure == BlobDownloader.TimeIsUp)
            {
                return false;
            }

            if (failure is not null)
            {
                Settle(failure);
                return true;
            }

            Tell(before);
            if (journal.Deployment.State is DeviceState.FailedRollbackComplete or DeviceState.FailedUnableToRollback)
            {
                return true;
            }

            var rest = plan.Actions.Skip(step + 1).ToList();
            await voice.SayAsync(cancellationToken);
            if (TakesLong(action) && rest.Count > 0 && !await outlook.StillLeadsToAsync(rest, cancellationToken))
            {
                return true;
            }
        }

        return true;
    }

    // What a channel may take back while they run, so that it is not put in charge.
    private static bool TakesLong(AgentAction action) =>
        action is AgentAction.Download or AgentAction.Verify or AgentAction.Stage or AgentAction.SmokeTest;

    private ReleaseRef? Model => journal.State.Deployment?.Release;

    private async Task<Failure?> RunAsync(AgentAction action, DateTimeOffset sliceEnd, CancellationToken cancellationToken)
    {
        switch (action)
        {
            case AgentAction.Begin begin:
                journal.Open(new(begin.Assignment, begin.Attempt, DeviceState.Pending));
                return null;
            case AgentAction.Confirm:
                return await freshness.RunAsync(cancellationToken);
            case AgentAction.Retrieve:
                return await preparation.RetrieveAsync(cancellationToken);
            case AgentAction.Choose choose:
                journal.Move(
                    DeviceEvent.VariantChosen,
                    deployment =>
                        deployment with
                        {
                            Variant = choose.Variant,
                            Adaptation = choose.Adaptation,
                            Assignment = deployment.Assignment with
                            {
                                SoakSeconds = Math.Max(deployment.Assignment.SoakSeconds, choose.Adaptation?.SoakSeconds ?? 0),
                            },
                        },
                    state => state with { Choice = ChoiceReport.Of(state.Deployment!.Release.Digest, choose) }
                );
                Log.VariantChosen(log, choose.Variant.Name, choose.Variant.Bytes, choose.Reason);
                return null;
            case AgentAction.Adopt:
                journal.Move(DeviceEvent.FoundInstalled, deployment => deployment with
                {
                    Variant = journal.State.ActiveContent!.Variant,
                    Adaptation = journal.State.ActiveContent!.Adaptation,
                    Target = journal.State.Active,
                    Verified = true,
                });
                return null;
            case AgentAction.Download:
                return await preparation.DownloadAsync(sliceEnd, cancellationToken);
            case AgentAction.Verify:
                return await preparation.VerifyAsync(cancellationToken);
            case AgentAction.Stage:
                return await preparation.StageAsync(cancellationToken);
            case AgentAction.SmokeTest:
                return await preparation.SmokeTestAsync(cancellationToken);
            case AgentAction.Activate:
                await slotSwitch.ActivateAsync(cancellationToken);
                return null;
            case AgentAction.Commit:
                await slotSwitch.CommitAsync(cancellationToken);
                return null;
            case AgentAction.GoBack back:
                await slotSwitch.GoBackAsync(back.Code, back.Reason, cancellationToken);
                return null;
            case AgentAction.Abandon abandon:
                journal.Move(DeviceEvent.Replaced, deployment => deployment with { ReasonCode = abandon.Code, Reason = abandon.Reason });
                return null;
            case AgentAction.Refuse refuse:
                return new(FailureKind.Refused, refuse.Code, refuse.Reason);
            case AgentAction.GiveUp giveUp:
                return new(FailureKind.Condemning, giveUp.Code, giveUp.Reason);
            default:
                throw new InvalidOperationException($"No effect is known for {action}.");
        }
    }

    /// <summary>Turns a failure before activation into what the journal and the service know of it.</summary>
    private void Settle(Failure failure)
    {
        var before = journal.Deployment;
        var now = clock.GetUtcNow();
        Deployment Because(Deployment deployment, TimeSpan wait) =>
            deployment with { ReasonCode = failure.Code, Reason = failure.Reason, NotBefore = now + wait };
        switch (failure.Kind)
        {
            case FailureKind.Transient:
                // A line that breaks again and again, and brings bytes each time, is not left alone for longer each time.
                var fruitless = before.State != DeviceState.Downloading || before.BytesFetched == before.BytesAtPause ? before.Pauses : 0;
                var pause = failure.RetryAfter ?? Backoff.Delay(fruitless, FirstPause, LongestPause, random);
                Deployment Paused(Deployment deployment) => Because(deployment, pause) with
                {
                    Pauses = fruitless + 1,
                    BytesAtPause = before.BytesFetched,

                    // Who waits asks the metadata again.
                    Listed = before.State == DeviceState.Pending ? null : deployment.Listed,
                };
                if (before.State == DeviceState.Downloading)
                {
                    journal.Move(DeviceEvent.DownloadInterrupted, Paused);
                }
                else if (before.State == DeviceState.Pending && before.ReasonCode != failure.Code)
                {
                    // Said once for each reason: the next tries may be many.
                    journal.Move(DeviceEvent.Postponed, Paused);
                }
                else
                {
                    journal.Write(journal.State with { Deployment = Paused(before) });
                }

                break;
            case FailureKind.Attempt:
                journal.Move(DeviceEvent.Failed, deployment => Because(deployment, Backoff.AfterAttempt(before.Attempt, random)));
                break;
            case FailureKind.Refused:
                journal.Move(DeviceEvent.Refused, deployment => Because(deployment, RefusalWait));
                break;
            default:
                journal.Move(
                    DeviceEvent.Failed,
                    deployment => Because(deployment, TimeSpan.Zero),
                    state => state.Condemn(before, failure.Code, now));
                break;
        }

        Log.StepFailed(
            log,
            before.Release.Model,
            before.Release.Version,
            before.Release.Digest.ToString(),
            failure.Kind,
            failure.Code,
            failure.Reason);
        Tell(before);
    }

    private void Tell(Deployment? before)
    {
        if (journal.State.Deployment is { } after && after.State != before?.State)
        {
            Log.StateEntered(
                log,
                after.Release.Model,
                after.Release.Version,
                after.Variant?.Name,
                after.Assignment.Ring,
                after.Attempt,
                after.State,
                after.ReasonCode);
        }
    }
}
