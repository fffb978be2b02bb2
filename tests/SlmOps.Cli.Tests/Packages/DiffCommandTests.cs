using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.Cli.Tests.Packages;

public sealed class DiffCommandTests : IDisposable
{
    private static readonly byte[] Weights = Noise(100_000);
    private static readonly byte[] Changed = [.. Weights.Select((one, index) => (byte)(one + (index % 100 == 0 ? 1 : 0)))];
    private readonly Folder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Diff_NoDelta_NamesWhatIsHeldAndWhatIsWhole()
    {
        await LayoutAsync("old", "1", Weights);
        await LayoutAsync("new", "2", Changed);

        var variant = await DiffAsync();

        Assert.Equal(100_000, variant.GetProperty("fetch").GetInt64());
        Assert.Equal(["held", "whole"], Ways(variant));
        Assert.Equal(JsonValueKind.Null, variant.GetProperty("whole").ValueKind);
    }

    [Fact]
    public async Task Diff_DeltasAskedFor_SaysWhatADeviceFetchesWithThemAndWithout()
    {
        await LayoutAsync("old", "1", Weights);
        await LayoutAsync("new", "2", Changed);
        var before = Files("new");

        var variant = await DiffAsync("--deltas");

        Assert.InRange(variant.GetProperty("fetch").GetInt64(), 1, 10_000);
        Assert.Equal(100_000, variant.GetProperty("whole").GetInt64());
        Assert.Equal(["held", "delta"], Ways(variant));
        Assert.Equal(before, Files("new"));
    }

    [Fact]
    public async Task Diff_LayoutHoldsTheDelta_UsesItWithoutBeingAsked()
    {
        var from = await LayoutAsync("old", "1", Weights);
        var to = await LayoutAsync("new", "2", Changed);
        await AddDeltaAsync(from, to);
        Assert.Single(LayoutReader.ReadReleases(Of("new")));

        Assert.Equal(["held", "delta"], Ways(await DiffAsync()));

        // In words, for people.
        var (code, output, error) = await Run.Async("diff", Of("old"), Of("new"));
        Assert.Equal(0, code);
        Assert.Contains("without the delta", output + error, StringComparison.Ordinal);
    }

    private string Of(string name) => Path.Combine(_folder.Path, name);

    private async Task<JsonElement> DiffAsync(params string[] options)
    {
        var (code, output, error) = await Run.Async(["diff", Of("old"), Of("new"), "--json", .. options]);
        Assert.True(code == 0, error);
        return JsonDocument.Parse(output).RootElement.GetProperty("variants").EnumerateArray().Single();
    }

    private static IEnumerable<string?> Ways(JsonElement variant) =>
        variant.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("way").GetString());

    private List<string> Files(string layout) =>
        [.. Directory.GetFiles(Of(layout), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    /// <summary>The manifest of the one variant in a new layout.</summary>
    private async Task<Digest> LayoutAsync(string name, string version, byte[] weights)
    {
        var source = Directory.CreateDirectory(Of(name + "-files")).FullName;
        await File.WriteAllTextAsync(Path.Combine(source, "tokenizer.json"), "{}", Cancelled);
        await File.WriteAllBytesAsync(Path.Combine(source, "weights.bin"), weights, Cancelled);
        var store = new FolderBlobStore(Of(name));
        using var key = LocalSigningKey.CreateInMemory();
        var offer = await VariantPackager.PackAsync(
            source,
            new()
            {
                Model = "m",
                Version = version,
                Variant = "int8",
                Recipe = "int8",
                CreatedAt = DateTimeOffset.UnixEpoch,
                Needs = new(1, "1.20.0", []),
                Figures = new(null, null, null, null, null, null, null, null),
                Source = Digest.Of("s"u8),
            },
            store,
            Cancelled);
        var release = await ReleasePackager.WriteAsync("m", version, DateTimeOffset.UnixEpoch, [offer], store, key, Cancelled);
        await LayoutWriter.WriteAsync(release, store, Of(name), Cancelled);
        return offer.Manifest;
    }

    private async Task AddDeltaAsync(Digest from, Digest to)
    {
        var both = new FolderBlobStore(Of("both"));
        foreach (var layout in (string[])["old", "new"])
        {
            await LayoutReader.ImportAsync(LayoutReader.ReadReleases(Of(layout)).Single(), Of(layout), both, Cancelled);
        }

        await LayoutWriter.AddDeltaAsync((await DeltaPackager.WriteAsync(from, to, both, Cancelled))!, both, Of("new"), Cancelled);
    }

    private static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
