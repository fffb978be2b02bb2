namespace SlmOps.Azure.Tests;

public sealed class MonitoringTests(SnapshotFixture snapshots)
{
    private readonly Snapshot _full = snapshots.Full;

    [Fact]
    public void Workspace_HasADailyCap() => Assert.Equal("1", Snapshot.Text(
        _full.Single("Microsoft.OperationalInsights/workspaces"), "properties", "workspaceCapping", "dailyQuotaGb"));

    [Fact]
    public void BothTopics_AlertOnDeadLettersAndOnDrops() => Assert.Equal(
        [
            "Microsoft.EventGrid/systemTopics DeadLetteredCount",
            "Microsoft.EventGrid/systemTopics DroppedEventCount",
            "Microsoft.EventGrid/topics DeadLetteredCount",
            "Microsoft.EventGrid/topics DroppedEventCount",
        ],
        _full.OfType("Microsoft.Insights/metricAlerts")
            .Select(alert => alert["properties"]!["criteria"]!["allOf"]![0]!)
            .Select(one => $"{one["metricNamespace"]} {one["metricName"]}")
            .Order(StringComparer.Ordinal));

    [Fact]
    public void PoisonAlert_LooksAtLogsThatTheQueueServiceSends()
    {
        var alert = _full.OfType("Microsoft.Insights/scheduledQueryRules")
            .Single(one => Snapshot.Text(one, "name") == "poison-messages");
        var logs = _full.OfType("Microsoft.Insights/diagnosticSettings")
            .Single(one => Snapshot.Text(one, "id").Contains("/queueServices/default/", StringComparison.Ordinal));

        Assert.Contains("-poison", alert["properties"]!["criteria"]!["allOf"]![0]!["query"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("StorageWrite", logs["properties"]!["logs"]![0]!["category"]!.ToString());
        Assert.Equal(
            Snapshot.Text(logs, "properties", "workspaceId"), alert["properties"]!["scopes"]![0]!.ToString());
    }

    [Fact]
    public void EveryAlert_TellsTheOperatorWhenThereIsOne()
    {
        string[] kinds = ["Microsoft.Insights/metricAlerts", "Microsoft.Insights/scheduledQueryRules"];
        var receiver = Snapshot.Text(_full.Single("Microsoft.Insights/actionGroups"), "id");

        Assert.All(kinds.SelectMany(_full.OfType), alert => Assert.Contains(
            receiver, alert["properties"]!["actions"]!.ToJsonString(), StringComparison.Ordinal));
        Assert.Empty(snapshots.Plain.OfType("Microsoft.Insights/actionGroups"));
        Assert.Equal(
            kinds.SelectMany(_full.OfType).Count(), kinds.SelectMany(snapshots.Plain.OfType).Count());
    }

    [Fact]
    public void Budget_ExistsOnlyWhenAskedFor()
    {
        Assert.Equal("50", Snapshot.Text(_full.Single("Microsoft.Consumption/budgets"), "properties", "amount"));
        Assert.Empty(snapshots.Plain.OfType("Microsoft.Consumption/budgets"));
    }
}
