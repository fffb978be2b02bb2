using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace SlmOps.Local.FunctionsHost;

/// <summary>The routes of the host: HTTP functions, health and administration.</summary>
internal static class HttpFunctions
{
    public static void Map(IEndpointRouteBuilder routes, FunctionAppHost host)
    {
        var calls = new HttpCalls(host, routes.ServiceProvider.GetRequiredService<IHttpForwarder>());
        foreach (var function in host.Functions.Where(function => function.IsServed))
        {
            if (function.Trigger is Trigger.Http http)
            {
                RequestDelegate handler = context => Allows(context.Request, http.Level, host.Keys)
                    ? calls.HandleAsync(context, function)
                    : RefuseAsync(context);
                _ = http.Methods is null ? routes.Map(http.Route, handler) : routes.MapMethods(http.Route, http.Methods, handler);
            }
        }

        routes.MapGet("/healthz", () => Results.Json(new { status = State(host), worker = host.WorkerProcessId }));
        MapAdministration(routes, host);
    }

    private static string State(FunctionAppHost host) =>
        host.Completion.IsFaulted ? "Broken" : host.WorkerProcessId == 0 ? "Restarting" : "Running";

    private static void MapAdministration(IEndpointRouteBuilder routes, FunctionAppHost host)
    {
        var admin = routes.MapGroup("/admin").AddEndpointFilter(async (context, next) =>
            HostKeys.Opens(context.HttpContext.Request, host.Keys.Master)
                ? await next(context)
                : Results.StatusCode(StatusCodes.Status401Unauthorized));
        admin.MapGet("/host/status", () => Results.Json(new
        {
            id = "slmops-local",
            state = State(host),
            version = typeof(FunctionAppHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
            startedAt = host.StartedAt,
            workerProcess = host.WorkerProcessId,
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

    private static bool Allows(HttpRequest request, AuthLevel level, HostKeys keys) => level switch
    {
        AuthLevel.Anonymous => true,
        AuthLevel.Function => HostKeys.Opens(request, keys.Function, keys.Master),
        _ => HostKeys.Opens(request, keys.Master),
    };

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }
}
