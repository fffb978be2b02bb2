using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>What operators and their tools call.</summary>
public sealed class OperatorTrigger(PipelineFlow flow)
{
    [Function("Models")]
    public Task<IResult> Models(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/models")] HttpRequest request,
        CancellationToken cancellationToken) => flow.ModelsAsync(cancellationToken);

    [Function("Model")]
    public Task<IResult> Model(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/models/{model}/{version}")] HttpRequest request,
        string model,
        string version,
        CancellationToken cancellationToken) => flow.ModelAsync(model, version, cancellationToken);

    [Function("SecurityFloor")]
    public Task<IResult> SecurityFloor(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/models/{model}/{version}/security-floor")] HttpRequest request,
        string model,
        string version,
        CancellationToken cancellationToken) => flow.SecurityFloorAsync(model, version, cancellationToken);

    [Function("CancelRun")]
    public Task<IResult> Cancel(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/models/{model}/{version}/cancel")] HttpRequest request,
        string model,
        string version,
        CancellationToken cancellationToken) => flow.CancelAsync(model, version, cancellationToken);

    [Function("Channels")]
    public Task<IResult> Channels(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/channels")] HttpRequest request,
        CancellationToken cancellationToken) => flow.ChannelsAsync(cancellationToken);

    [Function("Devices")]
    public Task<IResult> Devices(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/devices")] HttpRequest request,
        CancellationToken cancellationToken) => flow.DevicesAsync(request, cancellationToken);

    [Function("RolloutCommand")]
    public Task<IResult> Command(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/channels/{channel}/rollout/{action}")] HttpRequest request,
        string channel,
        string action,
        CancellationToken cancellationToken) => flow.CommandAsync(request, channel, action, cancellationToken);

    [Function("OpenApi")]
    public Task<IResult> OpenApi(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/openapi.json")] HttpRequest request) => flow.OpenApiAsync();

    [Function("Garbage")]
    public Task<IResult> Garbage(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/garbage")] HttpRequest request,
        CancellationToken cancellationToken) => flow.GarbageAsync(cancellationToken);

    [Function("Collect")]
    public Task<IResult> Collect(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "v1/garbage/{plan}")] HttpRequest request,
        string plan,
        CancellationToken cancellationToken) => flow.CollectAsync(plan, cancellationToken);

    [Function("AdaptationWithdraw")]
    public Task<IResult> Withdraw(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/channels/{channel}/adaptations/{name}/withdraw")] HttpRequest request,
        string channel,
        string name,
        CancellationToken cancellationToken) => flow.WithdrawAdaptationAsync(request, channel, name, cancellationToken);
}
