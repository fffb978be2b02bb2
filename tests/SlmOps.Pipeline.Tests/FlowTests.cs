using System.Text.RegularExpressions;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Tests;

/// <summary>The map and the territory: Flow.cs against the sources of the triggers.</summary>
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
        var read = Triggers.SelectMany(trigger => QueueTrigger().Matches(trigger.Text)).Select(match => match.Groups["queue"].Value).ToList();

        Assert.Distinct(read);
        Assert.Equal(Flow.Queues.All.Concat(Flow.Queues.Poison).Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Steps_EveryQueue_IsReadByOneStageAndFedByAnother()
    {
        Assert.Equal(Flow.Queues.All, Flow.Steps.Select(step => step.Queue));

        // Event Grid feeds the first and, through ModelReleased, the start of rollouts; adaptations go on by themselves.
        Assert.Equal(
            Flow.Queues.All.Except([Flow.Queues.ModelUploads, Flow.Queues.RolloutStarts]).Order(StringComparer.Ordinal),
            Flow.Steps.SelectMany(step => step.ContinuesOn).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Steps_Together_PublishEveryEventType() => Assert.Equal(
        typeof(EventTypes).GetFields().Select(field => (string)field.GetRawConstantValue()!).Order(StringComparer.Ordinal),
        Flow.Steps.SelectMany(step => step.Publishes).Distinct().Order(StringComparer.Ordinal));

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
        Assert.All([.. Flow.Containers.All, .. Flow.Queues.All], name => Assert.Matches("^[a-z0-9](-?[a-z0-9]){2,62}$", name));
        Assert.All(Flow.Tables.All, name => Assert.Matches("^[A-Za-z][A-Za-z0-9]{2,62}$", name));
    }

    [GeneratedRegex("""\[QueueTrigger\("(?<queue>[^"]+)", Connection = "SlmOpsStorage"\)\]""")]
    private static partial Regex QueueTrigger();

    [GeneratedRegex(@"\[Function\(""[A-Za-z]+""\)\]")]
    private static partial Regex Function();

    [GeneratedRegex(@"=>\s+flow\.[A-Za-z]+Async\([^;{}]*\);")]
    private static partial Regex OneCall();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex WithoutStrings();
}
