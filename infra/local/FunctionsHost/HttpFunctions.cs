using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;

namespace SlmOps.Local.FunctionsHost;

/// <summary>The routes of the host: HTTP functions, the Event Grid webhook and administration.</summary>
internal static class HttpFunctions
{
    private static readonly string[] WebhookMethods = ["GET", "PUT", "POST", "DELETE", "OPTIONS"];

    public static void Map(IEndpointRouteBuilder routes, EmbeddedFunctionsHost host)
    {
        foreach (var function in host.Functions.Where(function => !function.Disabled))
        {
            if (function.Trigger is Trigger.Http http)
            {
                RequestDelegate handler = context => HandleAsync(context, function, http, host);
                _ = http.Methods is null ? routes.Map(http.Route, handler) : routes.MapMethods(http.Route, http.Methods, handler);
            }
        }

        var webhook = new EventGridWebhook(
            host.Functions.Where(f => f is { Trigger: Trigger.EventGrid, Disabled: false })
                .ToDictionary(f => f.Name, StringComparer.OrdinalIgnoreCase),
            host.Invoker,
            host.Keys);
        routes.MapMethods("/runtime/webhooks/eventgrid", WebhookMethods, (Delegate)webhook.HandleAsync);
        routes.MapGet("/healthz", () => Results.Json(new { status = host.Completion.IsFaulted ? "Broken" : "Running" }));
        MapAdministration(routes, host);
    }

    private static void MapAdministration(IEndpointRouteBuilder routes, EmbeddedFunctionsHost host)
    {
        var admin = routes.MapGroup("/admin").AddEndpointFilter(async (context, next) =>
            HostKeys.Opens(context.HttpContext.Request, host.Keys.Master)
                ? await next(context)
                : Results.StatusCode(StatusCodes.Status401Unauthorized));
        admin.MapGet("/host/status", () => Results.Json(new
        {
            id = "slmops-local",
            state = host.Completion.IsFaulted ? "Error" : "Running",
            version = typeof(EmbeddedFunctionsHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
            startedAt = host.StartedAt,
        }));
        admin.MapGet("/functions", () => Results.Json(host.Functions.Select(function => new
        {
            name = function.Name,
            trigger = function.Trigger.Summary,
            entryPoint = function.EntryPoint,
            isDisabled = function.Disabled,
        })));
        // The real host runs any function this way; here it is for timers.
        admin.MapPost("/functions/{name}", async (string name) =>
            await host.FireTimerAsync(name) ? Results.Accepted() : Results.NotFound());
    }

    private static async Task HandleAsync(
        HttpContext context, FunctionDescriptor function, Trigger.Http http, EmbeddedFunctionsHost host)
    {
        var allowed = http.Level switch
        {
            AuthorizationLevel.Anonymous => true,
            AuthorizationLevel.Function => HostKeys.Opens(context.Request, host.Keys.Function, host.Keys.Master),
            _ => HostKeys.Opens(context.Request, host.Keys.Master),
        };
        if (!allowed)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var result = await host.Invoker.RunAsync(
            function,
            new Invocation(
                () => context.Request,
                context.Request.RouteValues,
                TraceContextReader.FromText(context.Request.Headers.TraceParent),
                context.Request.RouteValues,
                answer => answer.ExecuteAsync(context)),
            context.RequestAborted);
        if (!result.Succeeded && !context.Response.HasStarted)
        {
            context.Response.Clear();
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
    }
}
