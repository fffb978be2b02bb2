using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.Inference;

/// <summary>One forward pass: the inputs that the graph asks for, the run, the outputs as ONNX Runtime allocated them.</summary>
internal static class DecoderStep
{
    internal static IDisposableReadOnlyCollection<OrtValue> Run(
        LanguageModel model,
        IReadOnlyCollection<string> outputNames,
        ReadOnlySpan<int> tokens,
        int pastLength,
        IReadOnlyList<OrtValue> cache,
        int logitRows,
        CancellationToken cancellationToken)
    {
        var ports = model.Ports;
        using var owned = new OwnedValues([]);
        var names = new List<string>();
        var values = new List<OrtValue>();
        var given = tokens.ToArray();

        Integers(ports.Tokens, [1, given.Length], i => given[i]);
        Integers(ports.AttentionMask, [1, pastLength + given.Length], _ => 1);
        Integers(ports.PositionIds, [1, given.Length], i => pastLength + i);
        Integers(ports.CachePosition, [given.Length], i => pastLength + i);
        Integers(ports.LogitsToKeep, OneValue(ports.LogitsToKeep), _ => logitRows);
        if (ports.UseCacheBranch is { } branch)
        {
            var flag = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, TensorElementType.Bool, OneValue(branch));
            flag.GetTensorMutableDataAsSpan<bool>()[0] = pastLength > 0;
            Add(branch.Name, owned.Add(flag));
        }

        for (var i = 0; i < cache.Count; i++)
        {
            Add(ports.Cache[i].Past, cache[i]);
        }

        return RunCancellable(model, names, values, outputNames, cancellationToken);

        void Integers(TensorPort? port, long[] shape, Func<int, long> value)
        {
            if (port is not null)
            {
                Add(port.Name, owned.Add(TensorData.Integers(port.Type, shape, value)));
            }
        }

        void Add(string name, OrtValue value)
        {
            names.Add(name);
            values.Add(value);
        }
    }

    private static long[] OneValue(TensorPort? port) => port is { Rank: 1 } ? [1] : [];

    private static IDisposableReadOnlyCollection<OrtValue> RunCancellable(
        LanguageModel model,
        List<string> names,
        List<OrtValue> values,
        IReadOnlyCollection<string> outputNames,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var options = new RunOptions();
        model.Adapters.Activate(options);
        using var registration = cancellationToken.Register(static state => ((RunOptions)state!).Terminate = true, options);
        try
        {
            return model.Session.Run(options, names, values, outputNames);
        }
        catch (OnnxRuntimeException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new InferenceException(
                model.ModelPath,
                $"ONNX Runtime failed while it ran '{model.ModelPath}': {exception.Message}",
                exception);
        }
    }
}
