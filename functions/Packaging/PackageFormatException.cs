namespace SlmOps.Packaging;

/// <summary>A document of a package does not have the form it must have. Nothing of it may be used.</summary>
/// <param name="code">Stable reason in kebab case, such as <c>unknown-property</c>.</param>
/// <param name="message">One sentence that says what, where and what was expected.</param>
public sealed class PackageFormatException(string code, string message) : Exception(message)
{
    /// <summary>Stable reason in kebab case.</summary>
    public string Code { get; } = code;
}
