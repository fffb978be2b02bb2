using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SlmOps.Contracts;

namespace SlmOps.Inference.Smoke;

/// <summary>Inputs that are the same on every machine: written down, or made by whole numbers alone.</summary>
internal static class FixedInputs
{
    private const int MostWritten = 1024;

    /// <summary>A tensor as it can be written down; null when a value of it is not finite.</summary>
    internal static SmokeInput? Describe(string name, OrtValue tensor)
    {
        var shape = tensor.GetTensorTypeAndShape().Shape;
        var values = TensorData.AsDoubles(tensor);
        return !values.All(double.IsFinite) ? null
            : values.Length <= MostWritten ? new(name, shape) { Values = values }
            : new(name, shape) { Min = values.Min(), Max = values.Max(), Seed = 1 };
    }

    /// <summary>The tensor.</summary>
    /// <exception cref="NotSupportedException">When the type is no number.</exception>
    /// <exception cref="OverflowException">When a value does not fit the type.</exception>
    internal static OrtValue Create(SmokeInput input, TensorElementType type)
    {
        var tensor = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, [.. input.Shape]);
        try
        {
            var state = (ulong)(uint)input.Seed;
            var whole = !TensorData.IsFloat(type);
            TensorData.Set(tensor, type, input.Values is { } values ? i => values[i] : _ => Made(input, whole, ref state));
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    private static double Made(SmokeInput input, bool whole, ref ulong state)
    {
        var unit = (Next(ref state) >> 11) * (1.0 / (1UL << 53));
        return whole ? Math.Floor(input.Min + (unit * (input.Max - input.Min + 1))) : input.Min + (unit * (input.Max - input.Min));
    }

    /// <summary>SplitMix64 (Steele, Lea and Flood, 2014).</summary>
    private static ulong Next(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
