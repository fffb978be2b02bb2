using System.Text.Json;
using Azure.Storage.Queues;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;

namespace SlmOps.EndToEnd.Tests;

/// <summary>Messages that a stage failed on every time: the run ends, and says why.</summary>
public sealed class PoisonTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Message_GivenUpOn_RefusesItsVariantOrItsUpload()
    {
        await using var platform = await Platform.StartAsync(withFunctions: false);
        await platform.StartFunctionsAsync("Quantize");
        var model = Models.Decoder("stuck", "1.0", 401, "int8");
        await platform.UploadAsync(model);
        await platform.UntilAsync(model.Model, model.Version, "received", status => status.Variants.Count == 2);

        // As the host leaves them after the last try. The one for the original is not there: its order still waits.
        await PoisonAsync(platform, "quantize-poison", JsonSerializer.Serialize(
            new StageMessage(StageMessage.CurrentSchema, "stuck@1.0", "int8", null), ContractsJson.Default.StageMessage));
        var refused = await platform.UntilAsync(
            model.Model, model.Version, "refused in part", status => status.Variants.Any(variant => variant.Accepted == false));
        Assert.Contains("failed", refused.Variants.Single(variant => variant.Name == "int8").Reason, StringComparison.Ordinal);

        await platform.StartFunctionsAsync();
        var released = await platform.UntilAsync(model.Model, model.Version, "released", status => !status.ReleaseDigest.IsEmpty);
        Assert.Equal(
            [true, false],
            released.Variants.OrderBy(variant => variant.Name, StringComparer.Ordinal).Select(variant => variant.Accepted));

        // Given up on after its work was done: nothing is rejected.
        await PoisonAsync(platform, "package-poison", JsonSerializer.Serialize(
            new StageMessage(StageMessage.CurrentSchema, "stuck@1.0", null, null), ContractsJson.Default.StageMessage));

        await PoisonAsync(platform, "model-uploads-poison", """
            {"specversion":"1.0","id":"1","source":"test","type":"Microsoft.Storage.BlobCreated",
             "subject":"/blobServices/default/containers/models/blobs/never/1.0/slmops.json"}
            """);
        var rejection = await platform.RejectionAsync("models/never/1.0/slmops.json");
        Assert.Equal(("intake", "stage-failed"), (rejection.Stage, Assert.Single(rejection.Problems).Code));
        Assert.Empty(await platform.EventsAsync(EventTypes.ModelRejected, "models/stuck/1.0"));
    }

    private static async Task PoisonAsync(Platform platform, string queue, string message)
    {
        var client = new QueueClient(
            platform.Connection.StorageConnectionString, queue, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        await client.SendMessageAsync(message, Cancelled);
    }
}
