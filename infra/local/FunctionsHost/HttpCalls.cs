using System.Globalization;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using SlmOps.Local.Workers;
using SlmOps.Local.Workers.Protocol;
using Yarp.ReverseProxy.Forwarder;

namespace SlmOps.Local.FunctionsHost;

/// <summary>
/// HTTP requests to functions. A worker with a web server of its own gets the request there and the invocation over its
/// stream, both with one id; another one gets the request inside the invocation.
/// </summary>
internal sealed class HttpCalls(FunctionAppHost host, IHttpForwarder forwarder)
{
    private const string InvocationHeader = "x-ms-invocation-id";
    private static readonly TimeSpan WorkerPatience = TimeSpan.FromSeconds(30);

    // As long as the load balancer in front of the real host waits.
    private static readonly ForwarderRequestConfig Patience = new() { ActivityTimeout = TimeSpan.FromSeconds(230) };

    private static readonly HttpMessageInvoker Client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(10),
    });

    public async Task HandleAsync(HttpContext context, FunctionDescriptor function)
    {
        if (await WorkerAsync(context.RequestAborted) is not { } worker)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "5";
            return;
        }

        var succeeded = worker.HttpUrl is { } url
            ? await ForwardAsync(context, function, url)
            : await OverStreamAsync(context, function);
        if (!succeeded && !context.Response.HasStarted)
        {
            context.Response.Clear();
            context.Response.StatusCode = BodyFault(context) ?? StatusCodes.Status500InternalServerError;
        }
    }

    /// <summary>The status of a body that was the client's fault, such as one that was too slow; else null.</summary>
    private static int? BodyFault(HttpContext context)
    {
        for (var fault = context.GetForwarderErrorFeature()?.Exception; fault is not null; fault = fault.InnerException)
        {
            var bad = fault as BadHttpRequestException
                ?? (fault as AggregateException)?.InnerExceptions.OfType<BadHttpRequestException>().FirstOrDefault();
            if (bad is not null)
            {
                return bad.StatusCode;
            }
        }

        return null;
    }

    /// <summary>Null when no worker came back in time.</summary>
    private async Task<WorkerSession?> WorkerAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(WorkerPatience);
        try
        {
            return await host.WorkerAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<bool> ForwardAsync(HttpContext context, FunctionDescriptor function, Uri worker)
    {
        var invocation = new Invocation(() => new TypedData { Http = new HttpMessage() }, Route(context), Trace(context));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var run = host.Invoker.RunAsync(function, invocation, over.Token);
        var sent = forwarder.SendAsync(
            context, worker.AbsoluteUri, Client, Patience, new Marked(invocation.Id), over.Token).AsTask();
        if (await Task.WhenAny(run, sent) == run && !(await run).Succeeded)
        {
            // The function failed, or its worker is gone: no answer will come from there.
            await over.CancelAsync();
        }

        var error = await sent;
        if (error != ForwarderError.None)
        {
            await over.CancelAsync();
        }

        return (await run).Succeeded && error == ForwarderError.None;
    }

    private async Task<bool> OverStreamAsync(HttpContext context, FunctionDescriptor function)
    {
        var message = await ReadAsync(context);
        var result = await host.Invoker.RunAsync(
            function, new Invocation(() => new TypedData { Http = message }, Route(context), Trace(context)), context.RequestAborted);
        if (!result.Succeeded)
        {
            return false;
        }

        var answer = result.Answer!.ReturnValue?.Http
            ?? result.Answer.OutputData.Select(output => output.Data?.Http).FirstOrDefault(http => http is not null);
        if (answer is null)
        {
            await WriteAsync(context, result.Answer.ReturnValue);
            return true;
        }

        context.Response.StatusCode = int.TryParse(answer.StatusCode, NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? status
            : 200;
        foreach (var (name, value) in answer.Headers)
        {
            if (
                !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)
                && !name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                context.Response.Headers.Append(name, value);
            }
        }

        await WriteAsync(context, answer.Body);
        return true;
    }

    private static async Task WriteAsync(HttpContext context, TypedData? data)
    {
        var bytes = data switch
        {
            { DataCase: TypedData.DataOneofCase.Bytes } => data.Bytes,
            { DataCase: TypedData.DataOneofCase.Stream } => data.Stream,
            { DataCase: TypedData.DataOneofCase.String } => ByteString.CopyFromUtf8(data.String),
            { DataCase: TypedData.DataOneofCase.Json } => ByteString.CopyFromUtf8(data.Json),
            _ => ByteString.Empty,
        };
        if (data?.DataCase == TypedData.DataOneofCase.Json && context.Response.ContentType is null)
        {
            context.Response.ContentType = "application/json";
        }

        if (!bytes.IsEmpty)
        {
            await context.Response.Body.WriteAsync(bytes.Memory, context.RequestAborted);
        }
    }

    private static async Task<HttpMessage> ReadAsync(HttpContext context)
    {
        // The web server bounds the body.
        var body = await ByteString.FromStreamAsync(context.Request.Body, context.RequestAborted);
        var message = new HttpMessage { Method = context.Request.Method, Url = context.Request.GetDisplayUrl() };
        foreach (var (name, value) in context.Request.Headers)
        {
            message.Headers[name] = value.ToString();
        }

        foreach (var (name, value) in context.Request.Query)
        {
            message.Query[name] = value.ToString();
        }

        foreach (var (name, value) in context.Request.RouteValues)
        {
            message.Params[name] = value?.ToString() ?? "";
        }

        if (!body.IsEmpty)
        {
            message.Body = new TypedData { Bytes = body };
        }

        return message;
    }

    private static Dictionary<string, TypedData> Route(HttpContext context) => context.Request.RouteValues
        .ToDictionary(value => value.Key, value => new TypedData { String = value.Value?.ToString() ?? "" });

    private static System.Diagnostics.ActivityContext Trace(HttpContext context) =>
        TraceContextReader.FromText(context.Request.Headers.TraceParent);

    private sealed class Marked(string invocation) : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.Headers.Remove(InvocationHeader);
            proxyRequest.Headers.Add(InvocationHeader, invocation);
            proxyRequest.Headers.Host = httpContext.Request.Host.Value;
        }
    }
}
