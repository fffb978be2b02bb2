using Microsoft.AspNetCore.Http;
using SlmOps.Contracts;
using SlmOps.Pipeline.Access;

namespace SlmOps.Pipeline.Api;

/// <summary>Where every call of a device comes in: who it is, whether it may, and that its token was not used before.</summary>
internal sealed class DeviceDoor(
    EnrolledDevices devices, FleetAuthority authority, ReplayStore replays, TimeProvider time, ILogger<DeviceDoor> log)
{
    /// <summary>Does a call's work if the device may ask for it.</summary>
    internal async Task<IResult> EnterAsync(
        HttpRequest request, DeviceCall call, Func<EnrolledDevice, Task<IResult>> work, CancellationToken cancellationToken)
    {
        var text = Bearer.Of(request);
        var assertion = text is null ? null : AssertionReader.Read(text);
        var device = assertion is not null
            ? (await devices.FindAsync(assertion.Device, cancellationToken).ConfigureAwait(false))?.Value
            : null;
        if (assertion is not null && device is not null)
        {
            assertion = assertion with { SignatureHolds = await AssertionReader.HoldsAsync(text!, device.Key).ConfigureAwait(false) };
        }

        var audience = await authority.AudienceAsync(cancellationToken).ConfigureAwait(false);
        var refusal = DeviceAccess.Decide(text is not null, assertion, device, audience, call, time.GetUtcNow());
        if (refusal is null && !await replays.TryUseAsync(assertion!, cancellationToken).ConfigureAwait(false))
        {
            refusal = new(401, RefusalCodes.TokenReplayed, "The token was used before; each call takes a new one.");
        }

        if (refusal is null)
        {
            return await work(device!).ConfigureAwait(false);
        }

        // A name counts in the log only where its key was shown.
        Log.DeviceRefused(log, assertion is { SignatureHolds: true } ? assertion.Device : "", refusal.Code, refusal.Reason);
        return Problem.Of(request, refusal);
    }
}
