using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Analysis;

/// <summary>What an inspected model is to the quantizer: its names resolved, its weights found, and what their inputs are.</summary>
internal sealed class ModelAnalysis
{
    private ModelAnalysis(OnnxModel model, ValueIndex index, RankFinder ranks, InputGain gains, IReadOnlyList<WeightEntry> weights)
    {
        (Model, Index, Ranks, Gains, Weights) = (model, index, ranks, gains, weights);
        var folding = new BranchFolding(model, index);
        (Places, Needs) = (new(model, folding), new(model, index, folding));
        Heads = OutputHeads.Find(weights).ToHashSet();
    }

    internal OnnxModel Model { get; }

    internal ValueIndex Index { get; }

    internal RankFinder Ranks { get; }

    internal InputGain Gains { get; }

    /// <summary>Where new tensors of a weight may lie.</summary>
    internal TensorPlaces Places { get; }

    /// <summary>What of the model as it is some runtimes get wrong.</summary>
    internal StandingNeeds Needs { get; }

    /// <summary>Every weight, in graph order.</summary>
    internal IReadOnlyList<WeightEntry> Weights { get; }

    /// <summary>The output layers among them.</summary>
    internal IReadOnlySet<WeightEntry> Heads { get; }

    internal static ModelAnalysis Of(OnnxModel model, ModelFile file, CancellationToken cancellationToken)
    {
        var index = new ValueIndex(model);
        var constants = new ConstantInts(index, file);
        var ranks = new RankFinder(index, constants);
        var tracer = new WeightTracer(index, constants);
        var weights = new WeightFinder(model, index, tracer, ranks).Find(cancellationToken);
        return new(model, index, ranks, new InputGain(index, tracer), weights);
    }
}
