using System.Text;

namespace SlmOps.Inference.Sandbox;

/// <summary>The last of what a process says on standard error.</summary>
internal sealed class ErrorText
{
    private const int MostCharacters = 500;
    private static readonly string[] OfMemory = ["Out of memory", "bad_alloc", "OutOfMemoryException", "Cannot allocate memory"];
    private static readonly string[] Details = ["at ", "---"];

    private readonly Lock _gate = new();
    private string? _last;
    private bool _memory;
    private bool _final;

    /// <summary>Reads to the end, or the process would block, and keeps little of it.</summary>
    internal async Task ReadAsync(TextReader source)
    {
        var line = new StringBuilder();
        var buffer = new char[1024];
        try
        {
            while (await source.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var read)
            {
                foreach (var character in buffer.AsSpan(0, read))
                {
                    if (character == '\n')
                    {
                        Add(line.ToString());
                        line.Clear();
                    }
                    else if (line.Length < MostCharacters)
                    {
                        line.Append(character);
                    }
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The pipe broke; what was read counts.
        }

        Add(line.ToString());
    }

    internal void Add(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        lock (_gate)
        {
            _memory |= OfMemory.Any(words => line.Contains(words, StringComparison.OrdinalIgnoreCase));

            // The frames of a stack say less than the line above them, and .NET says first what it dies of.
            if (!_final && !Details.Any(line.TrimStart().StartsWith))
            {
                _last = line.Trim() is { Length: > MostCharacters } text ? text[..MostCharacters] : line.Trim();
                _final = line.StartsWith("Unhandled exception", StringComparison.Ordinal);
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
