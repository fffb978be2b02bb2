using SlmOps.Local.EventGrid;

namespace SlmOps.Local.Tests.EventGrid;

public sealed class SubscriptionFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Path => System.IO.Path.Combine(_folder.Path, "events.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Read_OneLineASubscriber_MakesSubscriptions()
    {
        await File.WriteAllTextAsync(
            Path,
            """
            [
              // the console
              {"topic": "slmops", "name": "console", "webhook": "http://127.0.0.1:5000/hook?x=1"},
              {"topic": "storage", "name": "deletions", "queue": "gone", "includedEventTypes": ["Microsoft.Storage.BlobDeleted"],
               "advancedFilters": [{"operatorType": "NumberIn", "key": "data.n", "values": [1, 2]}, {"operatorType": "BoolEquals", "key": "data.b", "value": true}],
               "maxDeliveryAttempts": 3, "deadLetterContainer": "dead", "deliverySchema": "EventGridSchema"},
            ]
            """,
            Cancelled);

        var subscriptions = await SubscriptionFile.ReadAsync(Path, Cancelled);

        Assert.Equal(["console", "deletions"], subscriptions.Select(s => s.Name));
        Assert.Equal(new WebhookDestination(new Uri("http://127.0.0.1:5000/hook?x=1")), subscriptions[0].Destination);
        Assert.Equal(new QueueDestination("gone"), subscriptions[1].Destination);
        Assert.Equal(new RetryPolicy(3, 1440), subscriptions[1].Retry);
        Assert.Equal(DeliverySchema.EventGridSchema, subscriptions[1].Schema);
        Assert.Equal(2, subscriptions[1].Filter.AdvancedFilters.Count);
    }

    [Fact]
    public async Task Write_ThenRead_GivesTheSameSubscriptions()
    {
        await File.WriteAllTextAsync(
            Path,
            """[{"topic":"slmops","name":"mine","queue":"q-1","subjectEndsWith":".x","advancedFilters":[{"operatorType":"StringIn","key":"data.n","values":["a"]}]}]""",
            Cancelled);
        var before = Assert.Single(await SubscriptionFile.ReadAsync(Path, Cancelled));
        await SubscriptionFile.WriteAsync(Path, [before], Cancelled);

        var after = Assert.Single(await SubscriptionFile.ReadAsync(Path, Cancelled));

        Assert.Equal(
            (before.Topic, before.Name, before.Destination, before.Retry),
            (after.Topic, after.Name, after.Destination, after.Retry));
        Assert.Equal(".x", after.Filter.SubjectEndsWith);
        Assert.Equal("data.n", Assert.Single(after.Filter.AdvancedFilters).Key);
    }

    [Theory]
    [InlineData("""{"topic":"slmops"}""", "array")]
    [InlineData("""[{"topic":"slmops","name":"a b","webhook":"http://x"}]""", "'name'")]
    [InlineData("""[{"topic":"slmops","name":"abc"}]""", "exactly one of")]
    [InlineData("""[{"topic":"slmops","name":"abc","queue":"q-1","webhook":"http://x"}]""", "exactly one of")]
    [InlineData("""[{"topic":"slmops","name":"abc","queue":"Q_1"}]""", "exactly one of")]
    [InlineData("""[{"topic":"slmops","name":"abc","queue":"q-1","maxDeliveryAttempts":31}]""", "maxDeliveryAttempts")]
    [InlineData("""[{"topic":"slmops","name":"abc","queue":"q-1","eventTimeToLiveInMinutes":0}]""", "eventTimeToLiveInMinutes")]
    [InlineData("""[{"topic":"slmops","name":"abc","queue":"q-1","deadLetterContainer":"A"}]""", "deadLetterContainer")]
    [InlineData(
        """[{"topic":"slmops","name":"abc","queue":"q-1","advancedFilters":[{"operatorType":"Like","key":"a","values":["x"]}]}]""",
        "'Like'")]
    [InlineData("""[{"topic":"slmops","name":"abc","queue":"q-1","typo":1}]""", "typo")]
    [InlineData("""[null]""", "must be an object")]
    public async Task Read_Wrong_SaysWhat(string json, string expected)
    {
        await File.WriteAllTextAsync(Path, json, Cancelled);

        var error = await Assert.ThrowsAsync<LocalPlatformException>(() => SubscriptionFile.ReadAsync(Path, Cancelled));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(Path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_NoFile_HasNoSubscription() => Assert.Empty(await SubscriptionFile.ReadAsync(Path, Cancelled));
}
