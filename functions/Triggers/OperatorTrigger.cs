using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>What operators and their tools call; who may is decided in the app, by the operators' own keys.</summary>
public sealed class OperatorTrigger(OperatorFlow flow)
{
    [Function("Models")]
    public Task<IResult> Models(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/models")] HttpRequest request,
        CancellationToken cancellationToken) => flow.ModelsAsync(request, cancellationToken);

    [Function("Model")]
    public Task<IResult> Model(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/models/{model}/{version}")] HttpRequest request,
        string model,
        string version,
        CancellationToken cancellationToken) => flow.ModelAsync(request, model, version, cancellationToken);

    [Function("SecurityFloor")]
    public Task<IResult> SecurityFloor(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/models/{model}/{version}/security-floor")] HttpRequest request,
        string model,
        string version,
        CancellationToken cancellationToken) => flow.SecurityFloorAsync(request, model, version, cancellationToken);

    [Function("CancelRun")]
    public Task<IResult> Cancel(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/models/{model}/{version}/cancel")] HttpRequest request,
        string model,
        string version,
        CancellationToken cancellationToken) => flow.CancelAsync(request, model, version, cancellationToken);

    [Function("Channels")]
    public Task<IResult> Channels(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/channels")] HttpRequest request,
        CancellationToken cancellationToken) => flow.ChannelsAsync(request, cancellationToken);

    [Function("Devices")]
    public Task<IResult> Devices(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/devices")] HttpRequest request,
        CancellationToken cancellationToken) => flow.DevicesAsync(request, cancellationToken);

    [Function("RolloutCommand")]
    public Task<IResult> Command(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/channels/{channel}/rollout/{action}")] HttpRequest request,
        string channel,
        string action,
        CancellationToken cancellationToken) => flow.CommandAsync(request, channel, action, cancellationToken);

    [Function("StartRollout")]
    public Task<IResult> StartRollout(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/channels/{channel}/rollouts/{model}/{version}")]
        HttpRequest request,
        string channel,
        string model,
        string version,
        CancellationToken cancellationToken) => flow.StartRolloutAsync(request, channel, model, version, cancellationToken);

    [Function("RemoveDevice")]
    public Task<IResult> RemoveDevice(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v1/devices/{device}")] HttpRequest request,
        string device,
        CancellationToken cancellationToken) => flow.RemoveDeviceAsync(request, device, cancellationToken);

    [Function("OpenApi")]
    public Task<IResult> OpenApi(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/openapi.json")] HttpRequest request,
        CancellationToken cancellationToken) => flow.OpenApiAsync(request, cancellationToken);

    [Function("Garbage")]
    public Task<IResult> Garbage(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/garbage")] HttpRequest request,
        CancellationToken cancellationToken) => flow.GarbageAsync(request, cancellationToken);

    [Function("Collect")]
    public Task<IResult> Collect(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v1/garbage/{plan}")] HttpRequest request,
        string plan,
        CancellationToken cancellationToken) => flow.CollectAsync(request, plan, cancellationToken);

    [Function("AdaptationWithdraw")]
    public Task<IResult> Withdraw(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/channels/{channel}/adaptations/{name}/withdraw")]
        HttpRequest request,
        string channel,
        string name,
        CancellationToken cancellationToken) => flow.WithdrawAdaptationAsync(request, channel, name, cancellationToken);

    [Function("Keys")]
    public Task<IResult> Keys(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/keys")] HttpRequest request,
        CancellationToken cancellationToken) => flow.KeysAsync(request, cancellationToken);

    [Function("AddKey")]
    public Task<IResult> AddKey(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/keys")] HttpRequest request,
        CancellationToken cancellationToken) => flow.AddKeyAsync(request, cancellationToken);

    [Function("RevokeKey")]
    public Task<IResult> RevokeKey(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v1/keys/{id}")] HttpRequest request,
        string id,
        CancellationToken cancellationToken) => flow.RevokeKeyAsync(request, id, cancellationToken);

    [Function("Audit")]
    public Task<IResult> Audit(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/audit")] HttpRequest request,
        CancellationToken cancellationToken) => flow.AuditAsync(request, cancellationToken);

    [Function("Tokens")]
    public Task<IResult> Tokens(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/tokens")] HttpRequest request,
        CancellationToken cancellationToken) => flow.TokensAsync(request, cancellationToken);

    [Function("AddToken")]
    public Task<IResult> AddToken(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/tokens")] HttpRequest request,
        CancellationToken cancellationToken) => flow.AddTokenAsync(request, cancellationToken);

    [Function("RevokeToken")]
    public Task<IResult> RevokeToken(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v1/tokens/{id}")] HttpRequest request,
        string id,
        CancellationToken cancellationToken) => flow.RevokeTokenAsync(request, id, cancellationToken);

    [Function("RevokeDevice")]
    public Task<IResult> RevokeDevice(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/devices/{device}/revoke")] HttpRequest request,
        string device,
        CancellationToken cancellationToken) => flow.RevokeDeviceAsync(request, device, cancellationToken);
}
