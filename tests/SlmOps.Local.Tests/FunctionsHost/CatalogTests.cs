using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local.Tests.FunctionsHost;

public sealed class CatalogTests
{
    public sealed class Wrong
    {
        [Function("NoTrigger")]
        public static Task NoTrigger(string text) => Task.FromResult(text);

        [Function("NoSetting")]
        public static Task NoSetting([QueueTrigger("%missing-name%", Connection = "Data")] string text) => Task.FromResult(text);

        [Function("NoConnection")]
        public static Task NoConnection([QueueTrigger("q", Connection = "Nothing")] string text) => Task.FromResult(text);

        [Function("BadSchedule")]
        public static Task BadSchedule([TimerTrigger("now and then")] TimerInfo timer) => Task.FromResult(timer);

        [Function("Output")]
        public static Task<string> Output([QueueTrigger("q", Connection = "Data")] string text) => Task.FromResult(text);

        [Function("Unfilled")]
        public static Task Unfilled([QueueTrigger("q", Connection = "Data")] string text, Uri address) => Task.FromResult((text, address));

        [Function("BadType")]
        public static Task BadType([EventGridTrigger] int number) => Task.FromResult(number);

        [Function("Twice")]
        public static Task Twice([TimerTrigger("00:01:00")] TimerInfo timer) => Task.FromResult(timer);

        [Function("twice")]
        public static Task TwiceToo([TimerTrigger("00:01:00")] TimerInfo timer) => Task.FromResult(timer);
    }

    private static readonly Settings Data = Settings.From([new("Data", "UseDevelopmentStorage=true"), new("queue", "Some-Queue"), new("schedule", "00:01:00")]);

    [Fact]
    public void Scan_WrongFunctions_NamesEveryFault()
    {
        var error = Assert.Throws<LocalPlatformException>(() => FunctionCatalog.Scan([typeof(Wrong)], Data, new HostSettings()));

        foreach (var part in (string[])["'NoTrigger' has 0 triggers", "missing-name", "'Nothing'", "now and then", "'Output' returns", "'address' of type Uri", "as Int32", "named 'Twice'"])
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Scan_GoodFunctions_ResolvesNamesAndRoutes()
    {
        var functions = FunctionCatalog.Scan(
            [typeof(TextTrigger), typeof(HttpTriggers), typeof(ClockTrigger)], Data, new HostSettings { RoutePrefix = "" });

        Assert.Equal(["Clock", "Closed", "Open", "Owner", "Text"], functions.Select(f => f.Name));
        Assert.Equal("queue some-queue", functions[^1].Trigger.Summary);
        Assert.Equal("http GET /v1/things/{id}", functions[2].Trigger.Summary);
        Assert.Equal("http POST /Closed", functions[1].Trigger.Summary);
    }

    [Fact]
    public void Read_HostJsonAndOverrides_LaterWins()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "host.json");
        File.WriteAllText(path, """{"functionTimeout":"-1","extensions":{"queues":{"batchSize":8,"maxDequeueCount":3,"messageEncoding":"none"},"http":{"routePrefix":"x"}}}""");

        var settings = HostSettings.Read(path, Settings.From([new("AzureFunctionsJobHost__extensions__queues__batchSize", "2")]));

        Assert.Equal(2, settings.BatchSize);
        Assert.Equal(Environment.ProcessorCount, settings.NewBatchThreshold);
        Assert.Equal(3, settings.MaxDequeueCount);
        Assert.False(settings.Base64);
        Assert.Equal("x", settings.RoutePrefix);
        Assert.Null(settings.FunctionTimeout);
        Assert.Equal(TimeSpan.Zero, settings.VisibilityTimeout);
    }

    [Fact]
    public void Read_WrongValues_NamesEveryFault()
    {
        var error = Assert.Throws<LocalPlatformException>(() => HostSettings.Read(null, Settings.From(
        [
            new("AzureFunctionsJobHost__extensions__queues__batchSize", "33"),
            new("AzureFunctionsJobHost__extensions__queues__visibilityTimeout", "soon"),
            new("AzureFunctionsJobHost__extensions__queues__messageEncoding", "rot13"),
        ])));

        Assert.Contains("batchSize", error.Message, StringComparison.Ordinal);
        Assert.Contains("soon", error.Message, StringComparison.Ordinal);
        Assert.Contains("rot13", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TheRepositorysHostJson_IsRight()
    {
        var settings = HostSettings.Read(Path.Combine(AppContext.BaseDirectory, "host.json"), Settings.From([]));

        Assert.Equal(1, settings.BatchSize);
        Assert.Equal(0, settings.NewBatchThreshold);
    }

    [Theory]
    [InlineData(1, 0.0, 100)]
    [InlineData(1, 0.5, 100)]
    [InlineData(2, 0.5, 200)]
    [InlineData(3, 0.0, 320)]
    [InlineData(4, 0.999999, 960)]
    [InlineData(9, 0.5, 2000)]
    [InlineData(1000, 0.0, 2000)]
    public void After_EmptyLooks_DoublesUpToTheLimit(int empty, double random, int milliseconds) =>
        Assert.Equal(milliseconds, PollingDelay.After(empty, TimeSpan.FromSeconds(2), random).TotalMilliseconds, tolerance: 1);
}
