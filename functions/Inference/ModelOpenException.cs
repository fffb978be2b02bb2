namespace SlmOps.Inference;

/// <summary>A model file could not be opened for inference, or is not what the caller needs.</summary>
public sealed class ModelOpenException : Exception
{
    internal ModelOpenException(string code, string modelPath, string message, Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
        ModelPath = modelPath;
    }

    /// <summary>
    /// What kind of trouble, in kebab case: <c>file-missing</c>, <c>session-failed</c>, <c>not-a-language-model</c>,
    /// <c>unsupported-input</c>, <c>unsupported-shape</c>, <c>unsupported-type</c>, <c>bad-config</c>, <c>input-unknown</c>, <c>adapter-failed</c>.
    /// </summary>
    public string Code { get; }

    /// <summary>The file that was to be opened.</summary>
    public string ModelPath { get; }
}
