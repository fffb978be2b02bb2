using System.Text.RegularExpressions;
using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Tests;

/// <summary>The map and the territory: Flow.cs against the sources of the triggers, the deployment and the documents.</summary>
public sealed partial class FlowTests
{
    private static readonly IReadOnlyList<(string File, string Text)> Triggers =
    [
        .. Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "functions", "Triggers"), "*Trigger.cs")
            .Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), File.ReadAllText(file))),
    ];

    public static TheoryData<string> TriggerFiles => [.. Triggers.Select(trigger => trigger.File)];

    [Fact]
    public void Queues_ThatTriggersRead_AreTheQueuesOfTheFlow()
    {
        var read = Triggers
            .SelectMany(trigger => QueueTrigger().Matches(trigger.Text))
            .Select(match => match.Groups["queue"].Value)
            .ToList();

        Assert.Distinct(read);
        Assert.Equal(Flow.Queues.Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Triggers_OfStagesOnRuns_CallTheStageOfTheirQueue() =>
        Assert.Equal(
            Flow.Steps.Where(step => step.Stage is not null)
                .SelectMany(step =>
                    new[] { (step.Queue, "StageAsync", step.Name), (Flow.PoisonQueueOf(step)!, "PoisonedAsync", step.Name) }
                )
                .Order(),
            Triggers
                .SelectMany(trigger => StageTrigger().Matches(trigger.Text))
                .Select(match => (match.Groups["queue"].Value, match.Groups["call"].Value, match.Groups["stage"].Value))
                .Order());

    [Fact]
    public void Queues_OfTheDeployment_AreTheQueuesOfTheFlow()
    {
        var bicep = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "infra", "azure", "modules", "storage.bicep"));
        var deployed = Regex.Match(bicep, @"^var stageQueues = \[(?<names>[^\]]*)\]", RegexOptions.Multiline).Groups["names"].Value
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(name => name.Trim('\''));

        Assert.Equal(Flow.Steps.Select(step => step.Queue), deployed);
    }

    [Fact]
    public void Steps_EachButTheFirst_IsReachedFromOneBefore()
    {
        Assert.Distinct(Flow.Steps.Select(step => step.Name));
        Assert.Distinct(Flow.Steps.Select(step => step.Queue));
        Assert.Equal(
            Flow.Steps.Skip(1).Select(step => step.Name).Order(StringComparer.Ordinal),
            Flow.Steps.SelectMany(step => step.Next).Order(StringComparer.Ordinal));
        Assert.All(
            Flow.Steps.Index(),
            step => Assert.All(step.Item.Next, next => Assert.True(Flow.Steps.ToList().FindIndex(other => other.Name == next) > step.Index))
        );
    }

    [Fact]
    public void Steps_ResultRows_AreOneStageEach()
    {
        var rows = Flow.Steps.Select(step => step.Row).OfType<string>().ToList();

        // A prefix of another row would list that row's results as its own.
        Assert.All(rows, row => Assert.Single(rows, other => other.StartsWith(row, StringComparison.Ordinal)));
    }

    [Fact]
    public void Steps_Together_PublishEveryEventType() => Assert.Equal(
        typeof(EventTypes).GetFields().Select(field => (string)field.GetRawConstantValue()!).Order(StringComparer.Ordinal),
        Flow.Steps.SelectMany(step => step.Facts).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Document_TableOfStages_IsTheFlow() =>
        GeneratedPart.Check(
            "docs/architecture.md",
            "stages",
            string.Join(
                '\n',
                [
                    "| stage | queue | result | events | given up after five times | then |",
                    "|---|---|---|---|---|---|",
                    .. Flow.Steps.Select(step =>
                        $"| {step.Name} | `{step.Queue}` | {(step.Row is null ? "" : $"`{step.RowOf("v").Replace("|", "\\|", StringComparison.Ordinal)}`")} "
                        + $"| {string.Join(", ", step.Facts.Select(Short))} | {Meaning(step.GivenUp)} | {string.Join(", ", step.Next)} |"),
                ]));

    [Theory]
    [MemberData(nameof(TriggerFiles))]
    public void Trigger_EveryFunction_IsOneCall(string file)
    {
        var text = Triggers.Single(trigger => trigger.File == file).Text;
        var functions = Function().Count(text);

        Assert.NotEqual(0, functions);
        Assert.Equal(functions, OneCall().Count(text));

        // A class body of its own and nothing else in braces: no statement could hide.
        Assert.Equal(1, WithoutStrings().Replace(text, "").Count(character => character == '{'));
    }

    [Fact]
    public void Names_OfContainersQueuesAndTables_AreWhatStorageAllows()
    {
        Assert.All([.. Containers.All, .. Flow.Queues], name => Assert.Matches("^[a-z0-9](-?[a-z0-9]){2,62}$", name));
        Assert.All(Tables.All, name => Assert.Matches("^[A-Za-z][A-Za-z0-9]{2,62}$", name));
    }

    private static string Short(string type) =>
        typeof(EventTypes).GetFields().Single(field => (string)field.GetRawConstantValue()! == type).Name;

    private static string Meaning(GivenUp givenUp) => givenUp switch
    {
        GivenUp.RejectsRun => "the upload is rejected",
        GivenUp.RefusesVariant => "the variant is refused, the others go on",
        GivenUp.GoesWithout => "the run goes on without",
        GivenUp.WaitsForOperator => "the message waits for an operator",
        GivenUp.TriesAgain => "the timer tries again",
        _ => throw new ArgumentOutOfRangeException(nameof(givenUp), givenUp, "Say what it means."),
    };

    [GeneratedRegex("""\[QueueTrigger\("(?<queue>[^"]+)", Connection = "SlmOpsStorage"\)\]""")]
    private static partial Regex QueueTrigger();

    [GeneratedRegex(
        """\[QueueTrigger\("(?<queue>[^"]+)"[^=]*= "SlmOpsStorage"\)\] string message,\s+CancellationToken cancellationToken\) =>\s+flow\.(?<call>StageAsync|PoisonedAsync)\("(?<stage>[^"]+)"\s*,"""
    )]
    private static partial Regex StageTrigger();

    [GeneratedRegex(@"\[Function\(""[A-Za-z]+""\)\]")]
    private static partial Regex Function();

    [GeneratedRegex(@"=>\s+flow\.[A-Za-z]+Async\([^;{}]*\);")]
    private static partial Regex OneCall();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex WithoutStrings();
}
