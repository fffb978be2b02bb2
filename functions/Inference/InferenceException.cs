namespace SlmOps.Inference;

/// <summary>An open model failed while it ran: the message names the model and holds ONNX Runtime's words.</summary>
public sealed class InferenceException : Exception
{
    internal InferenceException(string modelPath, string message, Exception? inner = null)
        : base(message, inner) => ModelPath = modelPath;

    /// <summary>The model that ran.</summary>
    public string ModelPath { get; }
}
