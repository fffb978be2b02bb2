using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SlmOps.Contracts;
using SlmOps.Packaging;
using SlmOps.Packaging.Certificates;
using SlmOps.Pipeline.Access;
using SlmOps.Pipeline.Fleet;

namespace SlmOps.Pipeline.Api;

/// <summary><c>POST enroll</c>: a device comes into the fleet with a token, or renews its certificate.</summary>
internal sealed class EnrolmentApi(
    EnrolledDevices devices, FleetAuthority authority, DeviceDoor door, DeviceStore fleet, TimeProvider time, ILogger<EnrolmentApi> log)
{
    internal async Task<IResult> EnrolAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > EnrolmentRequest.MaxBytes)
        {
            return TooLong();
        }

        EnrolmentRequest? asked;
        DeviceRequest certificate;
        try
        {
            using var body = new BoundedStream(request.Body, EnrolmentRequest.MaxBytes);
            asked = await JsonSerializer.DeserializeAsync(body, ContractsJson.Default.EnrolmentRequest, cancellationToken)
                .ConfigureAwait(false);
            certificate = DeviceRequest.Read(Convert.FromBase64String(asked?.Request ?? ""));
        }
        catch (BodyTooLongException)
        {
            return TooLong();
        }
        catch (Exception fault) when (fault is JsonException or FormatException or PackageFormatException)
        {
            return Problem.Of(400, "enrolment-malformed", $"The enrolment cannot be read: {fault.Message}");
        }

        if (!DeviceId.TryParse(asked!.DeviceId, out var device) || certificate.DeviceId != asked.DeviceId
            || !ChannelName.TryParse(asked.Channel, out var channel))
        {
            return Problem.Of(
                400, "enrolment-malformed",
                $"Device and channel must be {SafeName.Rule}, and the certificate request must be of the same device.");
        }

        return asked.Token is { } token
            ? await AdmitAsync(request, new(device, channel), certificate, token, cancellationToken).ConfigureAwait(false)
            : await door.EnterAsync(
                request, new(device, channel), known => RenewAsync(known, certificate, cancellationToken),
                cancellationToken).ConfigureAwait(false);
    }

    private async Task<IResult> AdmitAsync(
        HttpRequest request, DeviceCall asked, DeviceRequest certificate, string text, CancellationToken cancellationToken)
    {
        var counted = false;
        while (true)
        {
            var token = await devices.FindTokenAsync(text, cancellationToken).ConfigureAwait(false);
            var record = token is { Token: var found } ? (counted ? found with { Used = 0 } : found) : null;
            var known = await devices.FindAsync(asked.Device, cancellationToken).ConfigureAwait(false);
            var refusal = EnrolmentPolicy.Decide(
                record, asked.Device, asked.Channel, certificate.Key.Pem, known?.Value, time.GetUtcNow());
            if (refusal is not null)
            {
                Log.DeviceRefused(log, asked.Device, refusal.Code, refusal.Reason);
                return Problem.Of(request, refusal);
            }

            // Counted first: who dies in between has lost a use, and nobody came in without one.
            if (!counted && !EnrolmentPolicy.IsRepetition(record!, certificate.Key.Pem, known?.Value)
                && !await devices.TryUseAsync(record!, token!.Value.ETag, cancellationToken).ConfigureAwait(false))
            {
                continue;
            }

            counted = true;
            var answer = await authority.IssueAsync(certificate, asked.Channel, cancellationToken).ConfigureAwait(false);
            var device = new EnrolledDevice(
                asked.Device, asked.Channel, certificate.Key.Pem, record!.Id, time.GetUtcNow(), answer.NotAfter, null);
            if (!await devices.TrySaveAsync(device, known?.ETag, cancellationToken).ConfigureAwait(false))
            {
                continue;
            }

            if (known is { Value.Channel: var before } && before != device.Channel)
            {
                await fleet.ForgetAsync(before, device.Id, cancellationToken).ConfigureAwait(false);
            }

            Log.DeviceEnrolled(log, device.Id, device.Channel, device.NotAfter, record.Id);
            return Answer(answer);
        }
    }

    private async Task<IResult> RenewAsync(EnrolledDevice device, DeviceRequest certificate, CancellationToken cancellationToken)
    {
        if (certificate.Key.Pem != device.Key)
        {
            return Problem.Of(403, "other-key", $"'{device.Id}' renews the certificate of the key that it is enrolled with, no other.");
        }

        var answer = await authority.IssueAsync(certificate, device.Channel, cancellationToken).ConfigureAwait(false);
        while (await devices.FindAsync(device.Id, cancellationToken).ConfigureAwait(false) is { Value: { RevokedAt: null } } seen
            && seen.Value.Key == device.Key)
        {
            var renewed = seen.Value with { NotAfter = answer.NotAfter };
            if (await devices.TrySaveAsync(renewed, seen.ETag, cancellationToken).ConfigureAwait(false))
            {
                Log.DeviceEnrolled(log, device.Id, device.Channel, answer.NotAfter, device.TokenId);
                return Answer(answer);
            }
        }

        return Problem.Of(403, RefusalCodes.DeviceRevoked, $"'{device.Id}' was revoked or enrolled anew meanwhile.");
    }

    private static IResult TooLong() =>
        Problem.Of(413, "too-large", $"An enrolment has at most {EnrolmentRequest.MaxBytes} bytes.");

    private static IResult Answer(EnrolmentAnswer answer) => Results.Json(answer, ContractsJson.Default.EnrolmentAnswer);
}
