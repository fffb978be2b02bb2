using System.Diagnostics;
using SlmOps.Contracts;
using SlmOps.Pipeline.Outbox;

namespace SlmOps.Pipeline.Runs;

/// <summary>One message of one stage.</summary>
/// <param name="Step">The stage.</param>
/// <param name="Next">The stages that go on from its result.</param>
/// <param name="Run">The run.</param>
/// <param name="Variant">The variant; null when the message is about the whole run.</param>
internal sealed record StageCall(FlowStep Step, IReadOnlyList<FlowStep> Next, RunKey Run, string? Variant)
{
    /// <summary>The stages that go on from another one, for those that nobody asked for.</summary>
    internal Func<FlowStep, IReadOnlyList<FlowStep>> After { get; init; } = _ => [];

    /// <summary>Where the stage says how far it is.</summary>
    public StageMeter Meter { get; init; } = new();

    /// <summary>Key of the result.</summary>
    internal string Row => Step.RowOf(Variant);

    /// <summary>
    /// The messages for the stages that go on: one, or one a variant where a stage on the whole run is followed by one on
    /// variants.
    /// </summary>
    internal IEnumerable<OutboxEntry> Orders(RunRecord record) =>
        from next in Next.SelectMany(next => Asked(next, record))
        where next.Stage is not null && next.OnAdaptations == record.Adapts is not null
        from variant in VariantsOf(next, record)
        select OutboxEntry.Order(next.Queue, new(StageMessage.CurrentSchema, Run.ToString(), variant, Activity.Current?.Id));

    private IEnumerable<FlowStep> Asked(FlowStep next, RunRecord record) =>
        next.IsAsked(record) ? [next] : After(next).SelectMany(after => Asked(after, record));

    private IEnumerable<string?> VariantsOf(FlowStep next, RunRecord record) => next switch
    {
        { IsPerVariant: false } => [null],
        _ when Variant is not null => [Variant],
        _ => record.Manifest.Variants.Select(planned => (string?)planned.Name),
    };
}
