using System.Text.RegularExpressions;

namespace SlmOps.Azure.Tests;

/// <summary>The device lab as a job that the queue starts, and what its image is made of.</summary>
public sealed partial class LabTests(SnapshotFixture snapshots)
{
    private static readonly string Containerfile =
        File.ReadAllText(Path.Combine(BicepCli.RepositoryRoot, "infra", "lab", "Containerfile"));

    [Fact]
    public void Job_IsStartedForEachMessageOfItsQueue()
    {
        var job = snapshots.Full.Single("Microsoft.App/jobs");
        var config = job["properties"]!["configuration"]!;
        var rule = Assert.Single(config["eventTriggerConfig"]!["scale"]!["rules"]!.AsArray())!;

        Assert.Equal("Event", Snapshot.Text(config, "triggerType"));
        Assert.Equal("azure-queue", Snapshot.Text(rule, "type"));
        Assert.Equal("lab", Snapshot.Text(rule, "metadata", "queueName"));
        Assert.Equal("1", Snapshot.Text(rule, "metadata", "queueLength"));
        Assert.Equal("4", Snapshot.Text(config, "eventTriggerConfig", "scale", "maxExecutions"));

        // A second try of one replica would take the next message.
        Assert.Equal("0", Snapshot.Text(config, "replicaRetryLimit"));
    }

    [Fact]
    public void Job_ComesWithItsIdentityAndNoSecret()
    {
        var job = snapshots.Full.Single("Microsoft.App/jobs");
        var config = job["properties"]!["configuration"]!;
        var identity = Assert.Single(job["identity"]!["userAssignedIdentities"]!.AsObject()).Key;

        Assert.Contains("/id-lab-", identity, StringComparison.Ordinal);
        Assert.Equal(identity, Snapshot.Text(config["eventTriggerConfig"]!["scale"]!["rules"]![0]!, "identity"));
        Assert.Equal(identity, Snapshot.Text(config["registries"]![0]!, "identity"));
        Assert.Null(config["secrets"]);
        Assert.Equal("false", Snapshot.Text(
            snapshots.Full.Single("Microsoft.ContainerRegistry/registries"), "properties", "adminUserEnabled"));
    }

    // Two that work off one queue would each do half of it, and only one of them has emulators.
    [Fact]
    public void Function_OfTheLab_IsOffWhereThereIsAJobAlone()
    {
        static string Disabled(Snapshot snapshot) => snapshot.OfType("Microsoft.Web/sites/config")
            .Single(one => Snapshot.Text(one, "name").EndsWith("/appsettings", StringComparison.Ordinal))["properties"]!
            ["AzureWebJobs.Lab.Disabled"]!.ToString();

        Assert.Equal("True", Disabled(snapshots.Full));
        Assert.Equal("False", Disabled(snapshots.Plain));
        Assert.Empty(snapshots.Plain.OfType("Microsoft.App/jobs"));
        Assert.Empty(snapshots.Plain.OfType("Microsoft.ContainerRegistry/registries"));
    }

    [Fact]
    public void Containerfile_CopiesWhatTheSourceOrItsScriptMakes()
    {
        var script = File.ReadAllText(Path.Combine(BicepCli.RepositoryRoot, "infra", "lab", "image.sh"));
        var copied = Copy().Matches(Containerfile).SelectMany(match => match.Groups["from"].Value.Split(' ')).ToList();

        Assert.NotEmpty(copied);
        Assert.All(copied, path => Assert.True(
            path.StartsWith("artifacts/lab/", StringComparison.Ordinal)
                ? script.Contains("artifacts/lab", StringComparison.Ordinal)
                : Path.Exists(Path.Combine(BicepCli.RepositoryRoot, path)),
            $"{path} is nowhere."));
    }

    [Fact]
    public void Containerfile_Settings_AreThoseOfThePipelineAndLieInTheImage()
    {
        var options = File.ReadAllText(Path.Combine(BicepCli.RepositoryRoot, "functions", "Pipeline", "PipelineOptions.cs"));
        var settings = Setting().Matches(Containerfile);

        Assert.Equal(4, settings.Count);
        Assert.All(
            settings, match => Assert.Contains($" {match.Groups["name"].Value} {{ get; init; }}", options, StringComparison.Ordinal));
        Assert.DoesNotContain("USER root", Containerfile, StringComparison.Ordinal);
        Assert.Contains("USER lab", Containerfile, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^COPY (?<from>.+) \S+$", RegexOptions.Multiline)]
    private static partial Regex Copy();

    [GeneratedRegex(@"SlmOps__(?<name>\w+)=")]
    private static partial Regex Setting();
}
