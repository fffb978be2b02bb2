namespace SlmOps.Packaging.Tuf;

/// <summary>Carries a refusal from the step that found it to the result; never leaves the client.</summary>
internal sealed class TufRefusal(string code, string message) : Exception(message)
{
    internal string Code { get; } = code;
}
