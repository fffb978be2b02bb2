using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SlmOps.EdgeAgent.Logging;

namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>Keeps what was logged.</summary>
internal sealed class Lines : ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    internal IReadOnlyList<string> All => [.. _lines];

    internal void Clear() => _lines.Clear();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) => _lines.Enqueue(formatter(state, exception));
}
