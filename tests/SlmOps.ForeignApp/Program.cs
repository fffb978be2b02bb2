using ForeignApp;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);

// With a web server of its own, or with requests inside invocations: both kinds of app exist.
if (builder.Configuration["WEB"] != "no")
{
    builder.ConfigureFunctionsWebApplication();
}

builder.Services.AddSingleton<Observer>();
builder.Build().Run();
