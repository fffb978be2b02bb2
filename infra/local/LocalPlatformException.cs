namespace SlmOps.Local;

/// <summary>The local platform cannot start or go on; the message says what, which part and what to do.</summary>
public sealed class LocalPlatformException : Exception
{
    public LocalPlatformException(string message)
        : base(message)
    {
    }

    public LocalPlatformException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
