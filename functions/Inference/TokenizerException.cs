namespace SlmOps.Inference;

/// <summary>A tokenizer.json that is broken, hostile or of a kind that this code does not know.</summary>
public sealed class TokenizerException : Exception
{
    internal TokenizerException(string code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>
    /// What kind of trouble, in kebab case: <c>file-missing</c>, <c>too-large</c>, <c>not-json</c>, <c>bad-structure</c>,
    /// <c>unsupported-model</c>, <c>unsupported-step</c>, <c>unsupported-pattern</c>, <c>duplicate-token</c>,
    /// <c>duplicate-id</c>, <c>bad-id</c>, <c>unknown-token</c>, <c>pattern-timeout</c>, <c>text-too-long</c>.
    /// </summary>
    public string Code { get; }
}
