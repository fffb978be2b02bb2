using System.Text.Json;
using System.Text.Json.Nodes;

namespace SlmOps.Azure.Tests;

public sealed class FunctionAppTests(SnapshotFixture snapshots)
{
    private readonly Snapshot _full = snapshots.Full;

    private JsonObject Settings => _full.OfType("Microsoft.Web/sites/config")
        .Single(one => Snapshot.Text(one, "name").EndsWith("/appsettings", StringComparison.Ordinal))["properties"]!.AsObject();

    [Fact]
    public void App_IsADotNet10WorkerOnFlexConsumption()
    {
        var plan = _full.Single("Microsoft.Web/serverfarms");
        var config = _full.Single("Microsoft.Web/sites")["properties"]!["functionAppConfig"]!;

        Assert.Equal("FC1", Snapshot.Text(plan, "sku", "name"));
        Assert.Equal("dotnet-isolated", Snapshot.Text(config, "runtime", "name"));
        Assert.Equal("10.0", Snapshot.Text(config, "runtime", "version"));
        Assert.Equal("4096", Snapshot.Text(config, "scaleAndConcurrency", "instanceMemoryMB"));
        Assert.Equal("40", Snapshot.Text(config, "scaleAndConcurrency", "maximumInstanceCount"));
        Assert.Empty(config["scaleAndConcurrency"]!["alwaysReady"]!.AsArray());
    }

    [Fact]
    public void App_RunsAndDeploysAsItsUserAssignedIdentity()
    {
        var app = _full.Single("Microsoft.Web/sites");
        var identity = Snapshot.Text(snapshots.Plain.Single("Microsoft.ManagedIdentity/userAssignedIdentities"), "id");

        Assert.Equal("UserAssigned", Snapshot.Text(app, "identity", "type"));
        Assert.Equal([identity], app["identity"]!["userAssignedIdentities"]!.AsObject().Select(one => one.Key));
        Assert.Equal(identity, Snapshot.Text(
            app, "properties", "functionAppConfig", "deployment", "storage", "authentication", "userAssignedIdentityResourceId"));
        Assert.All(
            _full.OfType("Microsoft.Web/sites/basicPublishingCredentialsPolicies"),
            policy => Assert.Equal("false", Snapshot.Text(policy, "properties", "allow")));
    }

    [Fact]
    public void AppSettings_AreExactlyTheExpectedOnes() => Assert.Equal(
        Expected.AppSettings.Order(StringComparer.Ordinal),
        Settings.Select(one => one.Key).Order(StringComparer.Ordinal));

    [Fact]
    public void AppSettings_ConnectWithTheIdentity()
    {
        Assert.Equal("managedidentity", Settings["AzureWebJobsStorage__credential"]!.ToString());
        Assert.Equal("managedidentity", Settings["SlmOpsStorage__credential"]!.ToString());
        Assert.Contains("keys/release", Settings["SlmOps__ReleaseKey"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("keys/director", Settings["SlmOps__DirectorKey"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("keys/online", Settings["SlmOps__OnlineKey"]!.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A run with the Core Tools must configure the same things, with connection strings in place of identities.</summary>
    [Fact]
    public void LocalSettingsSample_ConfiguresTheSameConnections()
    {
        using var sample = JsonDocument.Parse(File.ReadAllText(
            Path.Combine(BicepCli.RepositoryRoot, "functions", "Triggers", "local.settings.sample.json")));
        var local = sample.RootElement.GetProperty("Values").EnumerateObject().Select(one => one.Name.Split("__")[0]);

        string[] connections = ["AzureWebJobsStorage", "SlmOps", "SlmOpsEvents", "SlmOpsStorage", "SlmOpsTick"];
        Assert.Equal(connections, Settings.Select(one => one.Key.Split("__")[0]).Intersect(local).Order(StringComparer.Ordinal));
    }
}
