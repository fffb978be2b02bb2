using System.Text.Json.Nodes;
using SlmOps.Contracts;

namespace SlmOps.Azure.Tests;

public sealed class EventGridTests(SnapshotFixture snapshots)
{
    private const string UploadSubscription = "Microsoft.EventGrid/systemTopics/eventSubscriptions";
    private const string FactSubscription = "Microsoft.EventGrid/topics/eventSubscriptions";

    private readonly Snapshot _full = snapshots.Full;

    [Fact]
    public void EverySubscription_DeadLettersWithTheIdentityOfItsTopic()
    {
        JsonObject[] subscriptions = [.. _full.OfType(UploadSubscription), .. _full.OfType(FactSubscription)];

        Assert.Equal(3, subscriptions.Length);
        Assert.All(subscriptions, subscription =>
        {
            Assert.Equal("SystemAssigned", Snapshot.Text(
                subscription, "properties", "deadLetterWithResourceIdentity", "identity", "type"));
            Assert.Equal("deadletter", Snapshot.Text(
                subscription, "properties", "deadLetterWithResourceIdentity", "deadLetterDestination", "properties", "blobContainerName"));
            Assert.Equal("CloudEventSchemaV1_0", Snapshot.Text(subscription, "properties", "eventDeliverySchema"));
        });
    }

    [Fact]
    public void Uploads_OfModelsAndManifests_GoToTheUploadQueueAlone()
    {
        Assert.Equal(
            ["/blobServices/default/containers/drop/blobs/ … .onnx", "/blobServices/default/containers/models/blobs/ … /slmops.json"],
            _full
                .OfType(UploadSubscription)
                .Select(one =>
                    $"{Snapshot.Text(one, "properties", "filter", "subjectBeginsWith")} … "
                        + $"{Snapshot.Text(one, "properties", "filter", "subjectEndsWith")}"
                ));
        Assert.All(
            _full.OfType(UploadSubscription),
            one =>
            {
                var delivery = one["properties"]!["deliveryWithResourceIdentity"]!;
                Assert.Equal("StorageQueue", Snapshot.Text(delivery, "destination", "endpointType"));
                Assert.Equal("model-uploads", Snapshot.Text(delivery, "destination", "properties", "queueName"));
                Assert.Equal("SystemAssigned", Snapshot.Text(delivery, "identity", "type"));
                Assert.Equal(["Microsoft.Storage.BlobCreated"], EventTypesOf(one));
            }
        );
    }

    [Fact]
    public void Releases_GoToTheQueueThatStartsRollouts()
    {
        var subscription = _full.Single(FactSubscription);
        var delivery = subscription["properties"]!["deliveryWithResourceIdentity"]!;

        Assert.Equal([EventTypes.ModelReleased], EventTypesOf(subscription));
        Assert.Equal("StorageQueue", Snapshot.Text(delivery, "destination", "endpointType"));
        Assert.Equal("rollout-starts", Snapshot.Text(delivery, "destination", "properties", "queueName"));
        Assert.Equal("SystemAssigned", Snapshot.Text(delivery, "identity", "type"));
    }

    [Fact]
    public void Subscriptions_OfADeploymentWithoutOptions_AreTheSame()
    {
        Assert.Single(snapshots.Plain.OfType(FactSubscription));
        Assert.Equal(2, snapshots.Plain.OfType(UploadSubscription).Count());
    }

    [Fact]
    public void FactTopic_TakesCloudEventsFromEntraIdentitiesAlone()
    {
        var topic = _full.Single("Microsoft.EventGrid/topics");

        Assert.Equal("CloudEventSchemaV1_0", Snapshot.Text(topic, "properties", "inputSchema"));
        Assert.Equal("true", Snapshot.Text(topic, "properties", "disableLocalAuth"));
    }

    private static IEnumerable<string> EventTypesOf(JsonObject subscription) =>
        subscription["properties"]!["filter"]!["includedEventTypes"]!.AsArray().Select(type => type!.ToString());
}
