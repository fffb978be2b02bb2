using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SlmOps.Pipeline.Access;
using SlmOps.Pipeline.Api;

namespace SlmOps.Pipeline;

/// <summary>What devices call, as the triggers see it: one method a trigger, each through the same door.</summary>
public sealed class DeviceFlow
{
    private readonly IServiceProvider _services;

    internal DeviceFlow(IServiceProvider services) => _services = services;

    private DeviceApi Api => _services.GetRequiredService<DeviceApi>();

    /// <summary><c>GET channels/{channel}</c>.</summary>
    public Task<IResult> ChannelAsync(HttpRequest request, string channel, CancellationToken cancellationToken) =>
        EnterAsync(request, new(Channel: channel), _ => Api.ChannelAsync(request, channel, cancellationToken), cancellationToken);

    /// <summary><c>GET metadata/{file}</c>.</summary>
    public Task<IResult> MetadataAsync(HttpRequest request, string file, CancellationToken cancellationToken) => EnterAsync(
        request, new(), _ => _services.GetRequiredService<MetadataApi>().FileAsync(request, file, cancellationToken), cancellationToken);

    /// <summary><c>GET blobs/{digest}</c>.</summary>
    public Task<IResult> BlobAsync(HttpRequest request, string digest, CancellationToken cancellationToken) =>
        EnterAsync(request, new(), _ => Api.BlobAsync(digest, cancellationToken), cancellationToken);

    /// <summary><c>POST devices/{device}/reports</c>.</summary>
    public Task<IResult> ReportsAsync(HttpRequest request, string device, CancellationToken cancellationToken) =>
        EnterAsync(request, new(Device: device), known => Api.ReportsAsync(request, known, cancellationToken), cancellationToken);

    /// <summary><c>POST enroll</c>: with a token of an operator, or with the device's own to renew.</summary>
    public Task<IResult> EnrollAsync(HttpRequest request, CancellationToken cancellationToken) =>
        _services.GetRequiredService<EnrolmentApi>().EnrolAsync(request, cancellationToken);

    private Task<IResult> EnterAsync(
        HttpRequest request, DeviceCall call, Func<EnrolledDevice, Task<IResult>> work, CancellationToken cancellationToken) =>
        _services.GetRequiredService<DeviceDoor>().EnterAsync(request, call, work, cancellationToken);
}
