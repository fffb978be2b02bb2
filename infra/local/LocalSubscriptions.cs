using SlmOps.Contracts;
using SlmOps.Local.EventGrid;

namespace SlmOps.Local;

/// <summary>The subscriptions of the pipeline itself; infra/azure makes the same ones.</summary>
internal static class LocalSubscriptions
{
    private const string DeadLetters = "deadletter";
    private const string UploadQueue = "model-uploads";
    private const string RolloutQueue = "rollout-starts";
    private const string BlobCreated = "Microsoft.Storage.BlobCreated";

    /// <summary>A model is complete when its one file, or the manifest of its folder, is there.</summary>
    public static IReadOnlyList<EventSubscription> BlobUploads { get; } =
    [
        Uploads("model-uploads-drop", "drop", ".onnx"),
        Uploads("model-uploads-models", "models", "/slmops.json"),
    ];

    /// <summary>A release that was announced starts its rollout.</summary>
    public static EventSubscription RolloutStarts { get; } = new(
        LocalPlatform.Topic,
        "rollout-start",
        new EventFilter { IncludedEventTypes = [EventTypes.ModelReleased] },
        new QueueDestination(RolloutQueue))
    {
        DeadLetterContainer = DeadLetters,
    };

    private static EventSubscription Uploads(string name, string container, string end) => new(
        LocalPlatform.StorageTopic,
        name,
        new EventFilter
        {
            IncludedEventTypes = [BlobCreated],
            SubjectBeginsWith = $"/blobServices/default/containers/{container}/",
            SubjectEndsWith = end,
        },
        new QueueDestination(UploadQueue))
    {
        DeadLetterContainer = DeadLetters,
    };
}
