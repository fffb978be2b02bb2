using SlmOps.EndToEnd.Tests.Parts;

namespace SlmOps.EndToEnd.Tests;

/// <summary>What is uploaded can be gone when its turn comes.</summary>
public sealed class DeletedUploadTests
{
    [Fact]
    public async Task Upload_DeletedBeforeIntake_IsRejectedAndCanComeAgain()
    {
        await using var platform = await Platform.StartAsync(withFunctions: false);
        await platform.StartFunctionsAsync("Intake");
        var whole = Models.Mlp("gone", "1", 201, "int8");
        var part = Models.Mlp("partly-gone", "1", 202, "int8");
        await platform.UploadAsync(whole);
        await platform.UploadAsync(part);
        await platform.Local.FlushAsync(TestContext.Current.CancellationToken);
        foreach (var name in (string[])[whole.Start, $"{part.Folder}/model.onnx"])
        {
            await platform
                .Blobs.GetBlobContainerClient("models")
                .DeleteBlobAsync(name, cancellationToken: TestContext.Current.CancellationToken);
        }

        await platform.StartFunctionsAsync();
        var gone = await platform.RejectionAsync($"models/{whole.Start}");
        var partly = await platform.RejectionAsync($"models/{part.Start}");

        Assert.Equal("upload-deleted", Assert.Single(gone.Problems).Code);
        Assert.Equal("model-missing", Assert.Single(partly.Problems).Code);
        Assert.DoesNotContain("run", await platform.RowsAsync("runs", "gone@1"));
        await platform.UploadAsync(whole);
        await Wait.ForAsync(
            "the second upload to be received",
            () => platform.RowsAsync("runs", "gone@1"), rows => rows.Contains("run"), rows => string.Join(", ", rows));
    }
}
