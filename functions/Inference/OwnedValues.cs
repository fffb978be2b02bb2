using Microsoft.ML.OnnxRuntime;

namespace SlmOps.Inference;

/// <summary>Tensors that are released together.</summary>
internal sealed class OwnedValues(IEnumerable<OrtValue> values) : IDisposable
{
    internal List<OrtValue> Values { get; } = [.. values];

    internal OrtValue Add(OrtValue value)
    {
        Values.Add(value);
        return value;
    }

    public void Dispose()
    {
        foreach (var value in Values)
        {
            value.Dispose();
        }

        Values.Clear();
    }
}
