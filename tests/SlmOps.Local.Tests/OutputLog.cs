using Microsoft.Extensions.Logging;

namespace SlmOps.Local.Tests;

/// <summary>Warnings and errors in the output of the test that was running when it was made.</summary>
internal sealed class OutputLog : ILoggerProvider
{
    private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

    public static ILoggerFactory Factory() => LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Warning)
#pragma warning disable CA2000 // The factory disposes of its providers.
        .AddProvider(new OutputLog()));
#pragma warning restore CA2000

    public ILogger CreateLogger(string categoryName) => new Category(_output, categoryName);

    public void Dispose()
    {
    }

    private sealed class Category(ITestOutputHelper? output, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            try
            {
                output?.WriteLine($"{logLevel} {name}: {formatter(state, exception)} {exception}");
            }
            catch (InvalidOperationException)
            {
                // The test has ended.
            }
        }
    }
}
