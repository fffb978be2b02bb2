using Microsoft.AspNetCore.Http;
using SlmOps.Contracts;
using SlmOps.Pipeline.Access;
using SlmOps.Pipeline.Fleet;

namespace SlmOps.Pipeline.Api;

/// <summary>What operators do about who is in the fleet.</summary>
internal sealed class TokenApi(EnrolledDevices devices, DeviceStore fleet)
{
    private const int MaxUses = 100_000;
    private const int MaxHours = 24 * 365;
    private const int DefaultHours = 24;
    private static readonly OperatorJson Json = OperatorJson.Default;

    internal async Task<IResult> ListAsync(CancellationToken cancellationToken) => Results.Json(
        [.. (await devices.ListTokensAsync(cancellationToken).ConfigureAwait(false)).Select(StatusOf)],
        Json.IReadOnlyListEnrolmentTokenStatus);

    internal async Task<IResult> AddAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!QueryNumber.TryRead(request, "uses", MaxUses, out var uses) || !QueryNumber.TryRead(request, "hours", MaxHours, out var hours))
        {
            return Problem.Of(
                400, "number", $"A token is good for 1 to {MaxUses} devices, ?uses=, and for 1 to {MaxHours} hours, ?hours=.");
        }

        if (!TryRead<ChannelName>(request, "channel", out var channel) || !TryRead<DeviceId>(request, "device", out var device))
        {
            return Problem.Of(400, "name", $"Channel and device must be names: {SafeName.Rule}.");
        }

        if (!device.IsEmpty && uses is > 1)
        {
            return Problem.Of(400, "uses", "A token of one device is good for one use.");
        }

        var (token, text) = await devices.AddTokenAsync(
            uses ?? 1, TimeSpan.FromHours(hours ?? DefaultHours), channel, device, cancellationToken).ConfigureAwait(false);
        return Results.Json(new(StatusOf(token), text), Json.NewEnrolmentToken);
    }

    internal async Task<IResult> RevokeTokenAsync(string id, CancellationToken cancellationToken) =>
        SafeName.IsValid(id) && await devices.RevokeTokenAsync(id, cancellationToken).ConfigureAwait(false)
            ? Results.Json(new(true, $"Nobody comes in with the token {id} any more."), Json.OperatorResult)
            : Problem.Of(404, "token-unknown", $"There is no enrolment token {id}.");

    internal async Task<IResult> RevokeDeviceAsync(string device, CancellationToken cancellationToken)
    {
        if (!DeviceId.TryParse(device, out var id)
            || await devices.RevokeAsync(id, cancellationToken).ConfigureAwait(false) is not { } known)
        {
            return Problem.Of(404, "device-unknown", $"No device '{device}' is enrolled.");
        }

        // No ring waits for one that cannot speak any more.
        await fleet.ForgetAsync(known.Channel, id, cancellationToken).ConfigureAwait(false);
        return Results.Json(
            new(true, $"'{device}' is refused from now on; a token made for it lets it in again: slmops device token --device {device}"),
            Json.OperatorResult);
    }

    /// <summary>True for a name, and for none, which is default.</summary>
    private static bool TryRead<T>(HttpRequest request, string key, out T name)
        where T : struct, IName<T>
    {
        name = default;
        return request.Query[key].ToString() is not { Length: > 0 } text || T.TryParse(text, out name);
    }

    private static EnrolmentTokenStatus StatusOf(EnrolmentToken token) => new()
    {
        Id = token.Id,
        Uses = token.Uses,
        Used = token.Used,
        Channel = token.Channel.IsEmpty ? null : token.Channel.ToString(),
        Device = token.Device.IsEmpty ? null : token.Device.ToString(),
        CreatedAt = token.CreatedAt,
        ExpiresAt = token.ExpiresAt,
        RevokedAt = token.RevokedAt,
    };
}
