using System.Net.Http.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace ForeignApp;

/// <summary>Tells whoever watches what a function was called with, and does what the answer says.</summary>
public sealed class Observer(IConfiguration configuration)
{
    private static readonly HttpClient Http = new();

    public async Task SeeAsync(FunctionContext context, string data, CancellationToken cancellationToken)
    {
        var answer = await PostAsync(context, data);
        switch (answer)
        {
            case "fail":
                throw new InvalidOperationException("as told");
            case "wait":
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    await PostAsync(context, "cancelled");
                    throw;
                }

                break;
            case "ignore":
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
                break;
        }
    }

    private async Task<string> PostAsync(FunctionContext context, string data)
    {
        var address = configuration["OBSERVER"];
        if (address is null)
        {
            return "";
        }

        using var response = await Http.PostAsJsonAsync(new Uri(address), new
        {
            function = context.FunctionDefinition.Name,
            data,
            dequeueCount = context.BindingContext.BindingData.TryGetValue("DequeueCount", out var count) ? count?.ToString() : null,
            retry = context.RetryContext?.RetryCount ?? 0,
            traceparent = context.TraceContext.TraceParent,
            process = Environment.ProcessId,
        });
        return await response.Content.ReadAsStringAsync();
    }
}
