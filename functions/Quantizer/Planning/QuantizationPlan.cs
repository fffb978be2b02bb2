using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Schemes;

namespace SlmOps.Quantizer.Planning;

/// <summary>A weight that is stored once in a new form, and the nodes that will use that form.</summary>
internal sealed class PlannedWeight
{
    internal required WeightEntry Entry { get; init; }

    internal required WeightView View { get; init; }

    internal required WeightScheme Scheme { get; set; }

    internal required List<WeightUse> Uses { get; init; }

    internal required string Reason { get; set; }

    /// <summary>True when symmetric and asymmetric blocks are both tried on the weight.</summary>
    internal bool ChooseSymmetry { get; init; }

    /// <summary>True when a node that reads it may run in a graph where its zero points would not be seen.</summary>
    internal bool SymmetricOnly { get; init; }

    /// <summary>True when one table serves both a Gather and a product.</summary>
    internal bool IsTied => Uses.Exists(u => u.Kind == UseKind.Gather) && Uses.Exists(u => u.Kind != UseKind.Gather);
}

/// <summary>A weight whose values are stored in another form, whatever uses it.</summary>
/// <param name="Entry">The weight.</param>
/// <param name="Scheme">Half or prune.</param>
/// <param name="View">How a product sees it; null when none does.</param>
/// <param name="Reason">Why.</param>
internal sealed record PlannedTensor(WeightEntry Entry, WeightScheme Scheme, WeightView? View, string Reason);

/// <summary>What happens to every weight: planned changes, and the reason for each weight that stays.</summary>
internal sealed class QuantizationPlan
{
    internal required List<WeightEntry> Entries { get; init; }

    internal List<PlannedWeight> Weights { get; } = [];

    internal List<PlannedTensor> Tensors { get; } = [];

    internal Dictionary<OnnxTensor, string> Stays { get; } = [];
}
