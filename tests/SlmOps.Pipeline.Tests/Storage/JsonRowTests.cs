using Azure.Data.Tables;
using SlmOps.Contracts.Operator;
using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Tests.Rollout;

namespace SlmOps.Pipeline.Tests.Storage;

public sealed class JsonRowTests
{
    private const int PropertyLimit = 64 * 1024;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1000, 1)]
    [InlineData(60 * 1024, 2)]
    [InlineData(200_000, 4)]
    [InlineData(800_000, 14)]
    public void Write_AnyLength_ComesBack(int length, int chunks)
    {
        var record = new Sample(Text(length), 7);

        var row = JsonRow.Write("partition", "row", record);

        Assert.Equal(("partition", "row"), (row.PartitionKey, row.RowKey));
        Assert.Equal(chunks, row.Keys.Count(key => key.StartsWith("Data", StringComparison.Ordinal)));
        Assert.All(Enumerable.Range(0, chunks), index => Assert.InRange(row.GetBinary($"Data{index}").Length, 1, PropertyLimit));
        Assert.Equal(record, JsonRow.Read<Sample>(row));
    }

    [Fact]
    public void Write_CharactersAcrossChunks_ComeBackWhole()
    {
        // Escaped or not, some chunk ends inside a character.
        var record = new Sample(string.Concat(Enumerable.Repeat("é漢😀", 20_000)), 7);

        Assert.Equal(record, JsonRow.Read<Sample>(JsonRow.Write("p", "r", record)));
    }

    [Fact]
    public void Write_TooLargeForARow_IsAFaultThatNamesIt()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => JsonRow.Write("phi@1.0", "run", new Sample(Text(900_000), 7)));

        Assert.Contains("phi@1.0/run", fault.Message, StringComparison.Ordinal);
        Assert.Contains("860160", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_RowWithoutData_IsAFault() =>
        Assert.ThrowsAny<Exception>(() => JsonRow.Read<Sample>(new TableEntity("p", "r")));

    [Fact]
    public void Read_Null_IsAFaultThatNamesTheRow() => Assert.Contains(
        "p/r",
        Assert.Throws<InvalidDataException>(() => JsonRow.Read<Sample>(JsonRow.Write<Sample?>("p", "r", null))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Write_RolloutRecord_ComesBack()
    {
        var rollout = SampleFleet.Rollout(
            rings: [new("lab", 1, new Dictionary<string, string> { ["site"] = "lab" }), new("all", 1, SampleFleet.NoLabels)]) with
        {
            State = RolloutState.RollingBack,
            EndedAt = SampleFleet.Start,
            Previous = null,
        };

        var back = JsonRow.Read<RolloutRecord>(JsonRow.Write("p", "r", rollout));

        Assert.Equivalent(rollout, back, strict: true);
    }

    [Fact]
    public void Write_DeviceRecord_ComesBack()
    {
        var device = SampleFleet.Device("d1", DeviceState.Soaking, active: SampleFleet.Manifest) with
        {
            Inventory = SampleFleet.Inventory(("site", "lab")),
        };
        device = device with
        {
            Deployment = device.Deployment! with { Composition = Digest.Of("composition"u8) },
            Composition = new(SampleFleet.Manifest, Digest.Of("composition"u8), "lab", "1", LocalLayerStates.Active),
        };

        Assert.Equivalent(device, JsonRow.Read<DeviceRecord>(JsonRow.Write("p", "r", device)), strict: true);
    }

    private static string Text(int length) => string.Create(length, 0, (text, _) =>
    {
        for (var index = 0; index < text.Length; index++)
        {
            text[index] = (char)('a' + (index % 26));
        }
    });

    private sealed record Sample(string Text, int Number);
}
