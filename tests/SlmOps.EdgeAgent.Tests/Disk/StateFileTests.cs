using System.Text.Json.Nodes;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests.Disk;

public sealed class StateFileTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private string Path => _folder["state.json"];

    [Fact]
    public void Load_Nothing_IsFresh()
    {
        var file = new StateFile(Path, 42);
        Assert.Null(file.Load());
        Assert.Equal(42, file.State.LastSeq);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"schema\":1}")]
    [InlineData("{\"schema\":1,\"active\":\"C\"}")]
    public void Load_Unreadable_IsPutAsideAndStartsAfresh(string content)
    {
        File.WriteAllText(Path, content);
        var file = new StateFile(Path, 42);

        Assert.NotNull(file.Load());

        Assert.Equal(42, file.State.LastSeq);
        Assert.Equal(content, File.ReadAllText(Path + ".damaged"));
    }

    [Fact]
    public void Load_WrittenBeforeMetadataAndCounts_KnowsNone()
    {
        var file = new StateFile(Path, 0);
        file.Load();
        var release = new ReleaseRef("m", "1", Digest.Of([1]), 10, Digest.Of([2]));
        var known = new KnownRelease(release, [])
        {
            Listed = new(release, 7, 0, [new(Digest.Of([3]), Digest.Of([4]), new(Digest.Of([5]), 6))]),
        };
        var deployment = new Deployment(new(release, null, null, 0, null), 1, DeviceState.Downloading) { BytesFetched = 7 };
        file.Write(file.State.Remember(known) with { Deployment = deployment });
        var json = JsonNode.Parse(File.ReadAllBytes(Path))!;
        Assert.True(json["known"]![0]!.AsObject().Remove("listed"));
        Assert.True(json["deployment"]!.AsObject().Remove("bytesFetched"));
        Assert.True(json.AsObject().Remove("check"));
        File.WriteAllText(Path, json.ToJsonString());

        var old = new StateFile(Path, 0);

        Assert.Null(old.Load());
        Assert.Null(Assert.Single(old.State.Known).Listed);
        Assert.Equal(0, old.State.Deployment!.BytesFetched);
    }

    [Fact]
    public void Load_OneDigitFlipped_IsPutAside()
    {
        var file = new StateFile(Path, 41);
        file.Load();
        file.Write(file.State);
        File.WriteAllText(Path, File.ReadAllText(Path).Replace("41", "51", StringComparison.Ordinal));

        Assert.NotNull(new StateFile(Path, 0).Load());
    }

    [Fact]
    public void Load_WrittenByAnAgentBeforeThisOne_IsRead()
    {
        var file = new StateFile(Path, 0);
        file.Load();
        var offer = new VariantOffer("int8", Digest.Of([3]), 10, 5, "int8", new(1, "1.20.0", []), new(1, 1, null, null, null, null, null, null));
        file.Write(file.State with
        {
            Active = Slot.A,
            A = new(new("m", "1", Digest.Of([1]), 10, Digest.Of([2])), offer, Committed: true)
            {
                Adaptation = new("shop", "2", Digest.Of([4]), Digest.Of([5]), 9, 0, default, 0),
            },
        });
        var json = JsonNode.Parse(File.ReadAllBytes(Path))!.AsObject();

        // The first release of the agent wrote no check, and called an adaptation an overlay.
        Assert.Equal("shop", json["a"]!["overlay"]!["name"]!.GetValue<string>());
        Assert.True(json.Remove("check"));
        File.WriteAllText(Path, json.ToJsonString());
        var old = new StateFile(Path, 0);

        Assert.Null(old.Load());
        Assert.Equal("shop", old.State.ActiveContent!.Adaptation!.Name);
    }

    [Fact]
    public void Load_WrittenByANewerAgent_IsRefused()
    {
        var file = new StateFile(Path, 0);
        file.Load();
        file.Write(file.State with { Schema = 2 });

        Assert.Contains(
            "format 2",
            Assert.Throws<InvalidDataException>(() => new StateFile(Path, 0).Load()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void TryTake_SecondAgent_IsToldWhoHoldsTheFolder()
    {
        var folder = new DataFolder(_folder["data"]);
        using (var first = DataFolderLock.TryTake(folder, new(11, "d-1", Bench.Start), out _))
        {
            Assert.NotNull(first);
            Assert.Null(DataFolderLock.TryTake(folder, new(12, "d-2", Bench.Start), out var holder));
            Assert.Equal(new(11, "d-1", Bench.Start), holder);
        }

        using var next = DataFolderLock.TryTake(folder, new(12, "d-2", Bench.Start), out _);
        Assert.NotNull(next);
    }

    public void Dispose() => _folder.Dispose();
}
