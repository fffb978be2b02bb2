using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace SlmOps.Local.Tests;

public sealed partial class JsonLineLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => System.IO.Path.Combine(_folder.Path, "logs", "x.jsonl");

    public void Dispose() => _folder.Dispose();

    [LoggerMessage(7, LogLevel.Warning, "Model {ModelName} took {Count} and {Share}")]
    private static partial void Took(ILogger log, string modelName, int count, double share, Exception? exception);

    private ILoggerFactory Loggers(long maxBytes) => LoggerFactory.Create(logging => logging.AddProvider(
        new JsonLineLog(Path, maxBytes, new FakeTimeProvider(new DateTimeOffset(2025, 11, 24, 6, 0, 0, TimeSpan.Zero)))));

    [Fact]
    public void Log_ValuesAndScopes_AreProperties()
    {
        using (var loggers = Loggers(10_000))
        {
            var log = loggers.CreateLogger("Some.Category");
            using var scope = log.BeginScope(new Dictionary<string, object> { ["Device"] = "d-1", ["ModelName"] = "shadowed" });
            Took(log, "tiny\n", 3, 0.5, new InvalidOperationException("why"));
        }

        var line = JsonDocument.Parse(Assert.Single(File.ReadAllLines(Path))).RootElement;
        Assert.Equal("2025-11-24T06:00:00+00:00", line.GetProperty("time").GetString());
        Assert.Equal("Warning", line.GetProperty("level").GetString());
        Assert.Equal("Some.Category", line.GetProperty("category").GetString());
        Assert.Equal(7, line.GetProperty("event").GetInt32());
        Assert.Equal("Model tiny\n took 3 and 0.5", line.GetProperty("message").GetString());
        Assert.Equal("tiny\n", line.GetProperty("modelName").GetString());
        Assert.Equal(3, line.GetProperty("count").GetInt32());
        Assert.Equal("d-1", line.GetProperty("device").GetString());
        Assert.Contains("why", line.GetProperty("exception").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Log_FileIsFull_KeepsOneOlderFile()
    {
        using (var loggers = Loggers(1000))
        {
            var log = loggers.CreateLogger("c");
            for (var number = 0; number < 50; number++)
            {
                Took(log, "m", number, 0, null);
            }
        }

        Assert.Equal(2, Directory.GetFiles(System.IO.Path.GetDirectoryName(Path)!).Length);
        Assert.True(new FileInfo(Path).Length <= 1000);
        Assert.Contains("took 49", File.ReadAllLines(Path)[^1], StringComparison.Ordinal);
    }
}
