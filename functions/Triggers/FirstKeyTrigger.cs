using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>The way in before there is any operator's key: the one function that the host's own key opens.</summary>
public sealed class FirstKeyTrigger(OperatorFlow flow)
{
    [Function("FirstKey")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/keys/first")] HttpRequest request,
        CancellationToken cancellationToken) => flow.FirstKeyAsync(request, cancellationToken);
}
