using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SlmOps.Pipeline.Api;

namespace SlmOps.Pipeline;

/// <summary>What devices call, as the triggers see it: one method a trigger.</summary>
public sealed class DeviceFlow
{
    private readonly IServiceProvider _services;

    internal DeviceFlow(IServiceProvider services) => _services = services;

    private DeviceApi Api => _services.GetRequiredService<DeviceApi>();

    /// <summary><c>GET channels/{channel}</c>.</summary>
    public Task<IResult> ChannelAsync(HttpRequest request, string channel, CancellationToken cancellationToken) =>
        Api.ChannelAsync(request, channel, cancellationToken);

    /// <summary><c>GET metadata/{file}</c>.</summary>
    public Task<IResult> MetadataAsync(HttpRequest request, string file, CancellationToken cancellationToken) =>
        _services.GetRequiredService<MetadataApi>().FileAsync(request, file, cancellationToken);

    /// <summary><c>GET blobs/{digest}</c>.</summary>
    public Task<IResult> BlobAsync(string digest, CancellationToken cancellationToken) => Api.BlobAsync(digest, cancellationToken);

    /// <summary><c>POST devices/{device}/reports</c>.</summary>
    public Task<IResult> ReportsAsync(HttpRequest request, string device, CancellationToken cancellationToken) =>
        Api.ReportsAsync(request, device, cancellationToken);
}
