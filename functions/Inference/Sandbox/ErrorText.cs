namespace SlmOps.Inference.Sandbox;

/// <summary>The last of what a process says on standard error.</summary>
internal sealed class ErrorText
{
    private const int MostCharacters = 500;
    private static readonly string[] OfMemory = ["Out of memory", "bad_alloc", "OutOfMemoryException", "Cannot allocate memory"];

    private readonly Lock _gate = new();
    private string? _last;
    private bool _memory;

    internal void Add(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        lock (_gate)
        {
            _memory |= OfMemory.Any(words => line.Contains(words, StringComparison.OrdinalIgnoreCase));

            // The frames of a stack say less than the line above them.
            if (!line.TrimStart().StartsWith("at ", StringComparison.Ordinal))
            {
                _last = line.Trim() is { Length: > MostCharacters } text ? text[..MostCharacters] : line.Trim();
            }
        }
    }

    internal string? Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    internal bool SpeaksOfMemory
    {
        get
        {
            lock (_gate)
            {
                return _memory;
            }
        }
    }
}
