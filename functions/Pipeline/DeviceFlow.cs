using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SlmOps.Contracts;
using SlmOps.Pipeline.Access;
using SlmOps.Pipeline.Api;
using Problem = SlmOps.Pipeline.Api.Problem;

namespace SlmOps.Pipeline;

/// <summary>What devices call, as the triggers see it: one method a trigger, each through the same door.</summary>
public sealed class DeviceFlow
{
    private readonly IServiceProvider _services;

    internal DeviceFlow(IServiceProvider services) => _services = services;

    private DeviceApi Api => _services.GetRequiredService<DeviceApi>();

    /// <summary><c>GET channels/{channel}</c>.</summary>
    public Task<IResult> ChannelAsync(HttpRequest request, string channel, CancellationToken cancellationToken) =>
        ChannelName.TryParse(channel, out var name)
            ? EnterAsync(request, new(Channel: name), _ => Api.ChannelAsync(request, name, cancellationToken), cancellationToken)
            : NoName("channel");

    /// <summary><c>GET metadata/{file}</c>.</summary>
    public Task<IResult> MetadataAsync(HttpRequest request, string file, CancellationToken cancellationToken) => EnterAsync(
        request, new(), _ => _services.GetRequiredService<MetadataApi>().FileAsync(request, file, cancellationToken), cancellationToken);

    /// <summary><c>GET blobs/{digest}</c>.</summary>
    public Task<IResult> BlobAsync(HttpRequest request, string digest, CancellationToken cancellationToken) =>
        EnterAsync(request, new(), _ => Api.BlobAsync(digest, cancellationToken), cancellationToken);

    /// <summary><c>POST devices/{device}/reports</c>.</summary>
    public Task<IResult> ReportsAsync(HttpRequest request, string device, CancellationToken cancellationToken) =>
        DeviceId.TryParse(device, out var id)
            ? EnterAsync(request, new(Device: id), known => Api.ReportsAsync(request, known, cancellationToken), cancellationToken)
            : NoName("device");

    /// <summary><c>POST enroll</c>: with a token of an operator, or with the device's own to renew.</summary>
    public Task<IResult> EnrollAsync(HttpRequest request, CancellationToken cancellationToken) =>
        _services.GetRequiredService<EnrolmentApi>().EnrolAsync(request, cancellationToken);

    /// <summary>Who asks for something that nothing can be called is told so, whoever it is.</summary>
    private static Task<IResult> NoName(string what) =>
        Task.FromResult(Problem.Of(StatusCodes.Status400BadRequest, "name", $"The {what} in the address is no name: {SafeName.Rule}."));

    private Task<IResult> EnterAsync(
        HttpRequest request, DeviceCall call, Func<EnrolledDevice, Task<IResult>> work, CancellationToken cancellationToken) =>
        _services.GetRequiredService<DeviceDoor>().EnterAsync(request, call, work, cancellationToken);
}
