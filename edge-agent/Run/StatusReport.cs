using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Run;

/// <summary>A deployment as reports tell of it. Pure.</summary>
internal static class StatusReport
{
    /// <param name="deployment">The deployment.</param>
    /// <param name="active">What runs now, or null.</param>
    /// <param name="fetched">Bytes that came so far of a download under way; null where none is counted.</param>
    internal static DeploymentStatus Of(Deployment deployment, SlotContent? active, long? fetched) => new()
    {
        RolloutId = deployment.Assignment.RolloutId,
        Ring = deployment.Assignment.Ring,
        Release = deployment.Release.Digest,
        Model = deployment.Release.Model,
        Version = deployment.Release.Version,
        Variant = deployment.Variant?.Name,
        Manifest = deployment.Variant?.Manifest ?? default,
        Attempt = deployment.Attempt,
        State = deployment.State,
        From = deployment.From,
        Verified = deployment.Verified,
        Active = active?.Variant.Manifest ?? default,
        ReasonCode = deployment.ReasonCode,
        Reason = deployment.Reason,
        PhaseMs = deployment.PhaseMs.Count == 0 ? null : deployment.PhaseMs,
        Restarts = deployment.Restarts == 0 ? null : deployment.Restarts,
        BytesFetched = HasFetched(deployment) ? fetched ?? deployment.BytesFetched : null,
        BytesWhole = HasFetched(deployment) ? deployment.Variant?.Bytes : null,
        Composition = deployment.Adaptation?.Composition ?? default,
    };

    private static bool HasFetched(Deployment deployment) =>
        deployment.State == DeviceState.Downloading || deployment.PhaseMs.ContainsKey("download");
}
