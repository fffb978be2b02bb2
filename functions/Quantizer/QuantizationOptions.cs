using System.Collections.ObjectModel;

namespace SlmOps.Quantizer;

/// <summary>What to make of a model. Patterns match node and weight names; <c>*</c> stands for any text, <c>?</c> for one character.</summary>
public sealed record QuantizationOptions
{
    /// <summary>Name of a recipe of <see cref="Recipes.RecipeCatalog"/>.</summary>
    public required string Recipe { get; init; }

    /// <summary>Weights that share one scale: 16, 32, 64, 128 or 256. Null takes the recipe's.</summary>
    public int? BlockSize { get; init; }

    /// <summary>Search scale and zero point for the least error instead of taking the range of the block.</summary>
    public bool Search { get; init; } = true;

    /// <summary>
    /// With <see cref="Search"/>: let later rows of a 4-bit weight answer the rounding of earlier ones, by what embedding and
    /// output layer tell about the inputs. Null does so up to a width of 512, beyond which it takes longer than the rest.
    /// </summary>
    public bool? Feedback { get; init; }

    /// <summary>True or false forces symmetric or asymmetric blocks; null chooses for each tensor by its error.</summary>
    public bool? Symmetric { get; init; }

    /// <summary>Only weights that match one of these are changed; empty means all.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Weights that match one of these stay in float.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Exact names of nodes or weights that stay in float.</summary>
    public IReadOnlyList<string> KeepFloat { get; init; } = [];

    /// <summary>Patterns of weights that <c>int4-mixed</c> stores with 8 bits. Null takes the recipe's own choice.</summary>
    public IReadOnlyList<string>? Promote { get; init; }

    /// <summary>
    /// How exactly products of blocks are computed, as <c>accuracy_level</c> of MatMulNBits has it: 4 lets a processor round their
    /// inputs to 8 bits, and not every processor does; 1 computes in float32 on all, so that they agree as float32 models do, and
    /// is slower. Null takes 4.
    /// </summary>
    public int? AccuracyLevel { get; init; }

    /// <summary>Quantize embedding tables. Null takes the recipe's choice.</summary>
    public bool? Embeddings { get; init; }

    /// <summary><c>auto</c>: most bytes of all weights together.</summary>
    public long? SizeBudget { get; init; }

    /// <summary><c>auto</c>: highest relative squared error of the weights, such as 0.005.</summary>
    public double? ErrorBudget { get; init; }

    /// <summary>Share of each weight to set to zero, 0 to 0.95, before anything else; <c>prune</c> needs it.</summary>
    public double? Sparsity { get; init; }

    /// <summary>Two zeros in every four weights along the summed dimension, instead of the smallest of the tensor.</summary>
    public bool TwoOfFour { get; init; }

    /// <summary>
    /// <c>int8-dynamic</c>: signed weights. Faster on processors with VNNI or ARM dot products; on x64 with AVX2 alone
    /// their products saturate and quality collapses, unless <see cref="ReduceRange"/> is set too.
    /// </summary>
    public bool SignedWeights { get; init; }

    /// <summary><c>int8-dynamic</c>: 7-bit weights, for processors with AVX2 that add pairs of products in 16 bits.</summary>
    public bool ReduceRange { get; init; }

    /// <summary>Second moments of the inputs of a weight, by the weight's name; makes errors count where inputs are large.</summary>
    public IReadOnlyDictionary<string, InputStatistics> Calibration { get; init; } =
        ReadOnlyDictionary<string, InputStatistics>.Empty;

    /// <summary>Threads that compute; the output does not depend on it. Null takes all cores.</summary>
    public int? Threads { get; init; }

    /// <summary>What the input may be.</summary>
    public InspectionLimits Limits { get; init; } = new();
}

/// <summary>Statistics of what a weight is multiplied with, collected on calibration text.</summary>
/// <param name="MeanSquares">Mean square of each of the K input channels.</param>
/// <param name="Products">K × K mean products of input channels in row order, or null when only the squares are known.</param>
/// <param name="Sensitivity">How much the model's loss grows with this weight's relative output error; 1 when unknown.</param>
public sealed record InputStatistics(float[] MeanSquares, float[]? Products = null, double Sensitivity = 1);
