using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SlmOps.Pipeline.Api;

namespace SlmOps.Pipeline;

/// <summary>What operators and their tools call, as the triggers see it: one method a trigger, each through the same door.</summary>
public sealed class OperatorFlow
{
    private readonly IServiceProvider _services;

    internal OperatorFlow(IServiceProvider services) => _services = services;

    private OperatorApi Api => _services.GetRequiredService<OperatorApi>();

    private TokenApi Tokens => _services.GetRequiredService<TokenApi>();

    private KeyApi Keys => _services.GetRequiredService<KeyApi>();

    /// <summary><c>GET models</c>.</summary>
    public Task<IResult> ModelsAsync(HttpRequest request, CancellationToken cancellationToken) =>
        EnterAsync(request, "Models", () => Api.ModelsAsync(cancellationToken), cancellationToken);

    /// <summary><c>GET models/{model}/{version}</c>.</summary>
    public Task<IResult> ModelAsync(HttpRequest request, string model, string version, CancellationToken cancellationToken) =>
        EnterAsync(request, "Model", () => Api.ModelAsync(model, version, cancellationToken), cancellationToken);

    /// <summary><c>POST models/{model}/{version}/security-floor</c>.</summary>
    public Task<IResult> SecurityFloorAsync(HttpRequest request, string model, string version, CancellationToken cancellationToken) =>
        EnterAsync(request, "SecurityFloor", () => Api.SecurityFloorAsync(model, version, cancellationToken), cancellationToken);

    /// <summary><c>POST models/{model}/{version}/cancel</c>.</summary>
    public Task<IResult> CancelAsync(HttpRequest request, string model, string version, CancellationToken cancellationToken) =>
        EnterAsync(request, "CancelRun", () => Api.CancelAsync(model, version, cancellationToken), cancellationToken);

    /// <summary><c>GET channels</c>.</summary>
    public Task<IResult> ChannelsAsync(HttpRequest request, CancellationToken cancellationToken) =>
        EnterAsync(request, "Channels", () => Api.ChannelsAsync(cancellationToken), cancellationToken);

    /// <summary><c>GET devices?channel=</c>.</summary>
    public Task<IResult> DevicesAsync(HttpRequest request, CancellationToken cancellationToken) =>
        EnterAsync(request, "Devices", () => Api.DevicesAsync(request.Query["channel"], cancellationToken), cancellationToken);

    /// <summary><c>POST channels/{channel}/rollout/{action}</c>: pause, resume, skip or rollback.</summary>
    public Task<IResult> CommandAsync(HttpRequest request, string channel, string action, CancellationToken cancellationToken) =>
        EnterAsync(
            request, "RolloutCommand", () => Api.CommandAsync(channel, action, request.Query["reason"], cancellationToken),
            cancellationToken);

    /// <summary><c>POST channels/{channel}/rollouts/{model}/{version}</c>.</summary>
    public Task<IResult> StartRolloutAsync(
        HttpRequest request, string channel, string model, string version, CancellationToken cancellationToken) =>
        EnterAsync(request, "StartRollout", () => Api.StartAsync(channel, model, version, cancellationToken), cancellationToken);

    /// <summary><c>DELETE devices/{device}?channel=</c>.</summary>
    public Task<IResult> RemoveDeviceAsync(HttpRequest request, string device, CancellationToken cancellationToken) => EnterAsync(
        request, "RemoveDevice", () => Api.RemoveDeviceAsync(request.Query["channel"], device, cancellationToken), cancellationToken);

    /// <summary><c>GET garbage</c>: what a collection would delete.</summary>
    public Task<IResult> GarbageAsync(HttpRequest request, CancellationToken cancellationToken) =>
        EnterAsync(request, "Garbage", () => Api.GarbageAsync(cancellationToken), cancellationToken);

    /// <summary><c>DELETE garbage/{plan}</c>: deletes what <c>GET garbage</c> showed.</summary>
    public Task<IResult> CollectAsync(HttpRequest request, string plan, CancellationToken cancellationToken) =>
        EnterAsync(request, "Collect", () => Api.CollectAsync(plan, cancellationToken), cancellationToken);

    /// <summary><c>POST channels/{channel}/adaptations/{name}/withdraw</c>.</summary>
    public Task<IResult> WithdrawAdaptationAsync(HttpRequest request, string channel, string name, CancellationToken cancellationToken) =>
        EnterAsync(
            request, "AdaptationWithdraw",
            () => Api.WithdrawAdaptationAsync(channel, name, request.Query["version"], cancellationToken), cancellationToken);

    /// <summary><c>GET openapi.json</c>: the operators' interface, described.</summary>
    public Task<IResult> OpenApiAsync(HttpRequest request, CancellationToken cancellationToken) =>
        EnterAsync(request, "OpenApi", () => Task.FromResult(OperatorApi.Document()), cancellationToken);

    /// <summary><c>GET tokens</c>.</summary>
    public Task<IResult> TokensAsync(HttpRequest request, CancellationToken cancellationToken) =>
        EnterAsync(request, "Tokens", () => Tokens.ListAsync(cancellationToken), cancellationToken);

    /// <summary><c>POST tokens?uses=&amp;hours=&amp;channel=&amp;device=</c>.</summary>
    public Task<IResult> AddTokenAsync(HttpRequest request, CancellationToken cancellationToken) =>
        EnterAsync(request, "AddToken", () => Tokens.AddAsync(request, cancellationToken), cancellationToken);

    /// <summary><c>DELETE tokens/{id}</c>.</summary>
    public Task<IResult> RevokeTokenAsync(HttpRequest request, string id, CancellationToken cancellationToken) =>
        EnterAsync(request, "RevokeToken", () => Tokens.RevokeTokenAsync(id, cancellationToken), cancellationToken);

    /// <summary><c>POST devices/{device}/revoke</c>.</summary>
    public Task<IResult> RevokeDeviceAsync(HttpRequest request, string device, CancellationToken cancellationToken) =>
        EnterAsync(request, "RevokeDevice", () => Tokens.RevokeDeviceAsync(device, cancellationToken), cancellationToken);

    /// <summary><c>GET keys</c>.</summary>
    public Task<IResult> KeysAsync(HttpRequest request, CancellationToken cancellationToken) =>
        EnterAsync(request, "Keys", () => Keys.ListAsync(cancellationToken), cancellationToken);

    /// <summary><c>POST keys?name=&amp;role=&amp;days=</c>.</summary>
    public Task<IResult> AddKeyAsync(HttpRequest request, CancellationToken cancellationToken) =>
        EnterAsync(request, "AddKey", () => Keys.AddAsync(request, cancellationToken), cancellationToken);

    /// <summary><c>DELETE keys/{id}</c>.</summary>
    public Task<IResult> RevokeKeyAsync(HttpRequest request, string id, CancellationToken cancellationToken) =>
        EnterAsync(request, "RevokeKey", () => Keys.RevokeAsync(id, cancellationToken), cancellationToken);

    /// <summary><c>POST keys/first</c>: behind the host's own key, as long as there is no admin's key.</summary>
    public Task<IResult> FirstKeyAsync(HttpRequest request, CancellationToken cancellationToken) =>
        Keys.FirstAsync(request, cancellationToken);

    /// <summary><c>GET audit?after=</c>.</summary>
    public Task<IResult> AuditAsync(HttpRequest request, CancellationToken cancellationToken) =>
        EnterAsync(request, "Audit", () => Keys.AuditAsync(request, cancellationToken), cancellationToken);

    private Task<IResult> EnterAsync(HttpRequest request, string call, Func<Task<IResult>> work, CancellationToken cancellationToken) =>
        _services.GetRequiredService<OperatorDoor>().EnterAsync(request, call, work, cancellationToken);
}
