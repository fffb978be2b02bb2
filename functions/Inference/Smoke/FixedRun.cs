using Microsoft.ML.OnnxRuntime;
using SlmOps.Contracts;

namespace SlmOps.Inference.Smoke;

/// <summary>A model that is no language model, open for runs on fixed inputs.</summary>
public sealed class FixedRun : IDisposable
{
    private const int MostValues = 256;

    private readonly string _path;
    private readonly AdapterSet _adapters;
    private readonly Dictionary<string, TensorPort> _inputs;

    private FixedRun(string path, InferenceSession session, AdapterSet adapters)
    {
        (_path, Session, _adapters) = (path, session, adapters);
        _inputs = TensorPort.From(session.InputMetadata);
    }

    internal InferenceSession Session { get; }

    /// <summary>Opens a model.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="threads">Threads inside one operator.</param>
    /// <param name="adapters">Adapter files that every run has active.</param>
    /// <param name="twin">Which of the ways to compute it.</param>
    /// <exception cref="ModelOpenException">When it cannot be opened.</exception>
    public static FixedRun Open(string modelPath, int threads = 1, IReadOnlyList<string>? adapters = null, Twin twin = Twin.None)
    {
        var session = ModelSession.Open(modelPath, threads, twin: twin);
        try
        {
            return new(modelPath, session, AdapterSet.Load(adapters ?? []));
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Runs it, and gives of each asked output its shape and as many values as are asked for.</summary>
    /// <param name="inputs">Every input of the graph.</param>
    /// <param name="outputs">Names of outputs, and how many values of each.</param>
    /// <exception cref="InferenceException">When it fails.</exception>
    /// <exception cref="ArgumentException">When an input does not fit it.</exception>
    public IReadOnlyList<SmokeOutput> Run(IReadOnlyList<SmokeInput> inputs, IReadOnlyDictionary<string, int> outputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        using var values = new OwnedValues([]);
        var given = new Dictionary<string, OrtValue>(StringComparer.Ordinal);
        foreach (var input in inputs)
        {
            given[input.Name] = values.Add(Create(input));
        }

        List<string> names = [.. outputs.Keys];
        using var found = ModelSession.Run(Session, _path, given, names, _adapters);
        return [.. names.Select((name, at) => Sample(name, found[at], outputs[name]))];
    }

    /// <summary>Outputs of numbers with a fraction, with as many values as are written down.</summary>
    internal IReadOnlyDictionary<string, int> Outputs => TensorPort.From(Session.OutputMetadata).Values
        .Where(port => TensorData.IsFloat(port.Type))
        .ToDictionary(port => port.Name, _ => MostValues, StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Dispose()
    {
        _adapters.Dispose();
        Session.Dispose();
    }

    private OrtValue Create(SmokeInput input)
    {
        if (!_inputs.TryGetValue(input.Name, out var port))
        {
            throw new ArgumentException($"{Path.GetFileName(_path)} has no input '{input.Name}'.", nameof(input));
        }

        try
        {
            return FixedInputs.Create(input, port.Type);
        }
        catch (Exception exception) when (exception is NotSupportedException or OverflowException)
        {
            throw new ArgumentException(
                $"The values of '{input.Name}' do not fit {Path.GetFileName(_path)}: {exception.Message}", nameof(input), exception);
        }
    }

    private static SmokeOutput Sample(string name, OrtValue tensor, int most)
    {
        var values = TensorData.AsDoubles(tensor);
        var count = Math.Min(most, values.Length);
        return new(
            name,
            tensor.GetTensorTypeAndShape().Shape,
            [.. Enumerable.Range(0, count).Select(i => values[(long)i * values.Length / count])]);
    }
}
