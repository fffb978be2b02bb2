using Microsoft.ML.OnnxRuntime;

namespace SlmOps.Inference;

/// <summary>
/// LoRA adapters in memory, laid over every run they are made active in. What an adapter holds are values for optional
/// inputs of the graph: one whose names the graph does not know makes the run fail.
/// </summary>
internal sealed class AdapterSet : IDisposable
{
    private readonly List<OrtLoraAdapter> _adapters = [];

    /// <exception cref="ModelOpenException">With <c>adapter-failed</c> when a file is missing or is no adapter.</exception>
    internal static AdapterSet Load(IReadOnlyList<string> paths)
    {
        var set = new AdapterSet();
        try
        {
            foreach (var path in paths)
            {
                // By content: a mapped file would have to stay as it is for as long as the model lives.
                set._adapters.Add(OrtLoraAdapter.Create(File.ReadAllBytes(path), null));
            }

            return set;
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or IOException or UnauthorizedAccessException)
        {
            set.Dispose();
            var path = paths[set._adapters.Count];
            throw new ModelOpenException(
                "adapter-failed",
                path,
                $"ONNX Runtime cannot load the adapter '{path}': {exception.Message}",
                exception);
        }
    }

    internal void Activate(RunOptions options)
    {
        foreach (var adapter in _adapters)
        {
            options.AddActiveLoraAdapter(adapter);
        }
    }

    public void Dispose() => _adapters.ForEach(adapter => adapter.Dispose());
}
