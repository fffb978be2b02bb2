using System.Text.Json.Nodes;

namespace SlmOps.Azure.Tests;

public sealed class AccessTests(SnapshotFixture snapshots)
{
    private const string RoleAssignment = "Microsoft.Authorization/roleAssignments";

    private readonly Snapshot _full = snapshots.Full;

    [Fact]
    public void RoleAssignments_AreExactlyTheExpectedOnes() => Assert.Equal(
        Expected.RoleAssignments.Order(StringComparer.Ordinal),
        _full.OfType(RoleAssignment).Select(one => Describe(_full, one)).Order(StringComparer.Ordinal));

    [Fact]
    public void RoleAssignments_WithoutAPrincipal_LetNobodyUpload() => Assert.DoesNotContain(
        snapshots.Plain.OfType(RoleAssignment).Select(one => Describe(snapshots.Plain, one)),
        one => one.StartsWith("uploader", StringComparison.Ordinal));

    [Fact]
    public void Snapshot_HoldsNoSecret()
    {
        var text = _full.Render();

        // Each of these puts a secret into a setting or an output.
        Assert.DoesNotContain("listKeys", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("listAccountSas", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("AccountKey=", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("SharedAccess", text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Telemetry_TakesNoKeys() => Assert.Equal(
        "true", Snapshot.Text(_full.Single("Microsoft.Insights/components"), "properties", "DisableLocalAuth"));

    [Fact]
    public void SigningKeys_AreP256AndCannotLeaveTheVaultOrBePurged()
    {
        var vault = _full.Single("Microsoft.KeyVault/vaults");
        var keys = _full.OfType("Microsoft.KeyVault/vaults/keys").ToList();

        Assert.Equal("true", Snapshot.Text(vault, "properties", "enablePurgeProtection"));
        Assert.Equal("true", Snapshot.Text(vault, "properties", "enableRbacAuthorization"));
        Assert.Equal(["director", "fleet", "online", "release"], _full.NamesOf("Microsoft.KeyVault/vaults/keys"));
        Assert.All(keys, key =>
        {
            Assert.Equal("EC", Snapshot.Text(key, "properties", "kty"));
            Assert.Equal("P-256", Snapshot.Text(key, "properties", "curveName"));
            Assert.Equal("false", Snapshot.Text(key, "properties", "attributes", "exportable"));
            Assert.Equal(["sign", "verify"], key["properties"]!["keyOps"]!.AsArray().Select(one => one!.ToString()));
        });
    }

    private static string Describe(Snapshot snapshot, JsonObject assignment)
    {
        var id = Snapshot.Text(assignment, "id");
        var scope = id[..id.LastIndexOf("/providers/" + RoleAssignment, StringComparison.Ordinal)];
        var role = Snapshot.Text(assignment, "properties", "roleDefinitionId").Split('/')[^1];
        var principal = Snapshot.Text(assignment, "properties", "principalId");
        var who = principal switch
        {
            _ when Guid.TryParse(principal, out var _) => "uploader",
            _ when principal.Contains("/userAssignedIdentities/id-lab-", StringComparison.Ordinal) => "lab",
            _ when principal.Contains("/userAssignedIdentities/id-", StringComparison.Ordinal) => "app",
            _ when principal.Contains("/systemTopics/evgst-", StringComparison.Ordinal) => "system topic",
            _ when principal.Contains("/topics/evgt-slmops-", StringComparison.Ordinal) => "topic",
            _ => principal,
        };
        return $"{who}: {role} @ {snapshot.Place(scope)}";
    }
}
