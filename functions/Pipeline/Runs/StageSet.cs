namespace SlmOps.Pipeline.Runs;

/// <summary>The stages as they were put together at start.</summary>
internal sealed class StageSet(IEnumerable<RunStage> stages)
{
    private readonly Dictionary<Type, RunStage> _stages = stages.ToDictionary(stage => stage.GetType());

    internal RunStage Of(FlowStep step) => step.Stage is { } type && _stages.TryGetValue(type, out var stage)
        ? stage
        : throw new InvalidOperationException($"The stage {step.Name} does not work on runs.");
}
