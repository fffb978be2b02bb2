namespace SlmOps.Inference.Samples;

/// <summary>Values for one input, in row order.</summary>
/// <param name="Shape">Dimensions.</param>
/// <param name="Values">As many as the shape says.</param>
internal sealed record SampleArray(long[] Shape, double[] Values);
