namespace SlmOps.Quantizer;

/// <summary>Collects problems up to a count that a reader can still use.</summary>
internal sealed class ProblemList
{
    internal const int Most = 100;

    internal List<ModelProblem> Items { get; } = [];

    internal void Add(ModelProblem problem)
    {
        if (Items.Count < Most && !Items.Contains(problem))
        {
            Items.Add(problem);
        }
    }
}
