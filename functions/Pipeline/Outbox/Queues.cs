namespace SlmOps.Pipeline.Outbox;

/// <summary>Names of the queues that more than one stage writes to; every other queue is named by the flow alone.</summary>
internal static class Queues
{
    internal const string Rollouts = "rollouts";
}
