using Google.Protobuf.WellKnownTypes;
using SlmOps.Local.FunctionsHost;
using SlmOps.Local.Workers.Protocol;

namespace SlmOps.Local.Tests.FunctionsHost;

public sealed class CatalogTests
{
    private static readonly Settings Data = Settings.From([
        new("Data", "UseDevelopmentStorage=true"),
        new("queue", "Some-Queue"),
        new("schedule", "00:01:00"),
    ]);

    [Fact]
    public void Read_WrongFunctions_NamesEveryFault()
    {
        FunctionMetadata[] wrong =
        [
            Function("NoTrigger"),
            Function(
                "NoSetting",
                """{"name":"m","type":"queueTrigger","direction":"In","queueName":"%missing-name%","connection":"Data"}"""),
            Function("NoConnection", """{"name":"m","type":"queueTrigger","direction":"In","queueName":"q","connection":"Nothing"}"""),
            Function("BadSchedule", """{"name":"t","type":"timerTrigger","direction":"In","schedule":"now and then"}"""),
            Function("NoJson", "{"),
            Function("Twice", """{"name":"t","type":"timerTrigger","direction":"In","schedule":"00:01:00"}"""),
            Function("twice", """{"name":"t","type":"timerTrigger","direction":"In","schedule":"00:01:00"}"""),
        ];

        var error = Assert.Throws<LocalPlatformException>(() => FunctionCatalog.Read(wrong, Data, new HostSettings()));

        foreach (
            var part in (string[])
                [
                    "'NoTrigger' has 0 triggers",
                    "missing-name",
                    "'Nothing'",
                    "now and then",
                    "'NoJson' has a binding that is no JSON",
                    "named 'Twice'",
                ])
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_GoodFunctions_ResolvesNamesRoutesFormsAndRetries()
    {
        var retried = Function(
            "Clock",
            """{"name":"t","type":"timerTrigger","direction":"In","schedule":"%schedule%","runOnStartup":true}""");
        retried.RetryOptions = new RetryOptions
        {
            MaxRetryCount = 4,
            RetryStrategy = RetryOptions.Types.Strategy.ExponentialBackoff,
            MinimumInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(2)),
            MaximumInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)),
        };
        var functions = FunctionCatalog
            .Read(
                [
                    retried,
                    Function(
                        "Text",
                        """{"name":"m","type":"queueTrigger","direction":"In","queueName":"%queue%","connection":"Data","properties":{}}"""
                    ),
                    Function(
                        "Message",
                        """{"name":"m","type":"queueTrigger","direction":"In","queueName":"q","connection":"Data","properties":{"supportsDeferredBinding":"True"}}"""
                    ),
                    Function(
                        "Bytes",
                        """{"name":"m","type":"queueTrigger","direction":"In","queueName":"q","connection":"Data","dataType":"Binary"}"""),
                    Function(
                        "Open",
                        """{"name":"r","type":"httpTrigger","direction":"In","authLevel":"Anonymous","methods":["get"],"route":"v1/things/{id}"}""",
                        """{"name":"$return","type":"http","direction":"Out"}"""),
                ],
                Data,
                new HostSettings { RoutePrefix = "" }
            )
            .ToDictionary(function => function.Name);

        Assert.Equal("queue some-queue", functions["Text"].Trigger.Summary);
        Assert.Equal(
            [QueueForm.Text, QueueForm.Message, QueueForm.Bytes],
            new[] { "Text", "Message", "Bytes" }.Select(name => ((Trigger.Queue)functions[name].Trigger).Form));
        Assert.Equal("http GET /v1/things/{id}", functions["Open"].Trigger.Summary);
        Assert.Equal("timer 00:01:00, at start too", functions["Clock"].Trigger.Summary);
        Assert.Equal([2, 4, 5, 5], Enumerable.Range(1, 4).Select(retry => functions["Clock"].Retry!.DelayBefore(retry).TotalSeconds));
        Assert.All(functions.Values, function => Assert.True(function.IsServed));
    }

    [Theory]
    [InlineData("trigger 'blobTrigger'", """{"name":"b","type":"blobTrigger","direction":"In","path":"c/{name}"}""")]
    [InlineData("trigger 'eventGridTrigger'", """{"name":"e","type":"eventGridTrigger","direction":"In"}""")]
    [InlineData(
        "output binding 'queue'",
        """{"name":"t","type":"timerTrigger","direction":"In","schedule":"00:01:00"}""",
        """{"name":"$return","type":"queue","direction":"Out","queueName":"q"}""")]
    [InlineData(
        "input binding 'blob'",
        """{"name":"t","type":"timerTrigger","direction":"In","schedule":"00:01:00"}""",
        """{"name":"b","type":"blob","direction":"In","path":"c/b"}""")]
    public void Read_BindingThatHasNoPartHere_IsNotServedAndSaysWhy(string why, params string[] bindings)
    {
        var function = Assert.Single(FunctionCatalog.Read([Function("Other", bindings)], Data, new HostSettings()));

        Assert.False(function.IsServed);
        Assert.Equal($"not served: {why}", function.Trigger.Summary);
    }

    private static FunctionMetadata Function(string name, params string[] bindings)
    {
        var function = new FunctionMetadata { Name = name, FunctionId = name, EntryPoint = $"Tests.{name}.Run" };
        function.RawBindings.AddRange(bindings);
        return function;
    }

    [Fact]
    public void Read_HostJsonAndOverrides_LaterWins()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "host.json");
        File.WriteAllText(
            path,
            """{"functionTimeout":"-1","extensions":{"queues":{"batchSize":8,"maxDequeueCount":3,"messageEncoding":"none"},"http":{"routePrefix":"x"}}}"""
        );

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
        var settings = HostSettings.Read(Path.Combine(Repository(), "host.json"), Settings.From([]));

        Assert.Equal(1, settings.BatchSize);
        Assert.Equal(0, settings.NewBatchThreshold);
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SlmOps.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
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
