using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace SlmOps.Local.FunctionsHost;

/// <summary>Application settings, as functions name them.</summary>
internal sealed partial class Settings(IConfiguration configuration)
{
    /// <summary>Settings from name and value; <c>__</c> and <c>:</c> both separate sections.</summary>
    public static Settings From(IEnumerable<KeyValuePair<string, string?>> values) =>
        new(
            new ConfigurationBuilder()
                .AddInMemoryCollection(
                    values.Select(item => KeyValuePair.Create(item.Key.Replace("__", ":", StringComparison.Ordinal), item.Value)))
                .Build());

    /// <summary>A setting, or null.</summary>
    public string? Get(string name) => configuration[name.Replace("__", ":", StringComparison.Ordinal)];

    /// <summary>Settings that replace values of host.json.</summary>
    public IConfiguration HostOverrides => configuration.GetSection("AzureFunctionsJobHost");

    /// <summary>Replaces each <c>%Setting%</c>; null when one is missing, whose name is given then.</summary>
    public string? Resolve(string text, out string? missing)
    {
        string? unknown = null;
        var resolved = Reference().Replace(text, match =>
        {
            var value = Get(match.Groups[1].Value);
            unknown ??= value is null ? match.Groups[1].Value : null;
            return value ?? "";
        });
        missing = unknown;
        return unknown is null ? resolved : null;
    }

    /// <summary>
    /// The connection string of a trigger: <c>AzureWebJobs{name}</c>, then <c>{name}</c>, then the connection strings;
    /// the name is <c>Storage</c> when the trigger gives none. Null when there is none.
    /// </summary>
    public string? Connection(string? name)
    {
        var wanted = string.IsNullOrEmpty(name) ? "Storage" : name;
        return Get("AzureWebJobs" + wanted) ?? Get(wanted) ?? configuration.GetConnectionString(wanted);
    }

    /// <summary>True when the setting <c>AzureWebJobs.{function}.Disabled</c> is true or 1.</summary>
    public bool IsDisabled(string function) =>
        (Get($"AzureWebJobs.{function}.Disabled") ?? Get($"AzureWebJobs:{function}:Disabled"))?.Trim().ToLowerInvariant() is "true" or "1";

    [GeneratedRegex("%([^%]+)%")]
    private static partial Regex Reference();
}
