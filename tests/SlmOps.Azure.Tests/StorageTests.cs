namespace SlmOps.Azure.Tests;

public sealed class StorageTests(SnapshotFixture snapshots)
{
    private readonly Snapshot _full = snapshots.Full;

    [Fact]
    public void Account_TakesNoKeysAndShowsNothingToTheWorld()
    {
        var account = _full.Single("Microsoft.Storage/storageAccounts");

        Assert.Equal("false", Snapshot.Text(account, "properties", "allowSharedKeyAccess"));
        Assert.Equal("false", Snapshot.Text(account, "properties", "allowBlobPublicAccess"));
        Assert.Equal("false", Snapshot.Text(account, "properties", "isHnsEnabled"));
        Assert.Equal("true", Snapshot.Text(account, "properties", "supportsHttpsTrafficOnly"));
        Assert.Equal("TLS1_2", Snapshot.Text(account, "properties", "minimumTlsVersion"));
        Assert.All(
            _full.OfType("Microsoft.Storage/storageAccounts/blobServices/containers"),
            container => Assert.Equal("None", Snapshot.Text(container, "properties", "publicAccess")));
    }

    [Fact]
    public void Containers_AreThoseOfThePipeline() => AssertSame(
        Expected.Containers, _full.NamesOf("Microsoft.Storage/storageAccounts/blobServices/containers"));

    [Fact]
    public void Queues_AreThoseOfTheStagesEachWithAPoisonQueue() => AssertSame(
        [.. Expected.StageQueues, .. Expected.StageQueues.Select(queue => queue + "-poison")],
        _full.NamesOf("Microsoft.Storage/storageAccounts/queueServices/queues"));

    [Fact]
    public void Tables_AreThoseOfThePipeline() => AssertSame(
        Expected.Tables, _full.NamesOf("Microsoft.Storage/storageAccounts/tableServices/tables"));

    [Fact]
    public void Lifecycle_DeletesOnlyArtifactsAndDeadLetters()
    {
        var policy = _full.Single("Microsoft.Storage/storageAccounts/managementPolicies");
        var rules = policy["properties"]!["policy"]!["rules"]!.AsArray();

        Assert.Equal(
            ["artifacts/", "deadletter/"],
            rules.SelectMany(rule => rule!["definition"]!["filters"]!["prefixMatch"]!.AsArray()).Select(one => one!.ToString()));
        // An artifact goes by its last read, which needs the account to keep track of reads.
        Assert.NotNull(rules[0]!["definition"]!["actions"]!["baseBlob"]!["delete"]!["daysAfterLastAccessTimeGreaterThan"]);
        Assert.Equal("true", Snapshot.Text(
            _full.Single("Microsoft.Storage/storageAccounts/blobServices"), "properties", "lastAccessTimeTrackingPolicy", "enable"));
    }

    private static void AssertSame(IEnumerable<string> expected, IReadOnlyList<string> actual) =>
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual);
}
