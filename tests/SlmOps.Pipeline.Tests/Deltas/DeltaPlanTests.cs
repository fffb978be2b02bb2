using SlmOps.Contracts;
using SlmOps.Pipeline.Deltas;
using SlmOps.Pipeline.Fleet;

namespace SlmOps.Pipeline.Tests.Deltas;

public sealed class DeltaPlanTests
{
    private static readonly Dictionary<string, Digest> Nobody = [];

    [Fact]
    public void Make_FirstRelease_TriesNone() =>
        Assert.Empty(DeltaPlan.Make([Offer("int8", 1)], [], Nobody));

    [Fact]
    public void Make_EarlierReleases_StartFromVariantsOfTheSameNameNewestFirst() => Assert.Equal(
        [new("fp32", D(20), D(30)), new("int8", D(21), D(31)), new("int8", D(11), D(31))],
        DeltaPlan.Make(
            [Offer("fp32", 30), Offer("int8", 31)],
            [[Offer("fp32", 20), Offer("int8", 21)], [Offer("int4", 12), Offer("int8", 11)]],
            Nobody));

    [Fact]
    public void Make_MostDevicesRunAnOlderOne_StartsFromThatTooButOnlyForItsName() => Assert.Equal(
        [new("fp32", D(20), D(30)), new("int8", D(21), D(31)), new("int8", D(1), D(31))],
        DeltaPlan.Make(
            [Offer("fp32", 30), Offer("int8", 31)],
            [[Offer("fp32", 20), Offer("int8", 21)]],
            new Dictionary<string, Digest> { ["int8"] = D(1), ["int4"] = D(2) }));

    [Fact]
    public void ByUse_DevicesRunDifferentOnes_MostFirstAndNothingIsNotOne() => Assert.Equal(
        [D(1), D(3), D(2)],
        DeltaPlan.ByUse([Device(2), Device(1), Device(3), Device(1), Device(3), Device(1), Device(0), Device(0), Device(0), Device(0)]));

    private static Digest D(int number) => number == 0 ? default : Digest.Of([(byte)number]);

    private static VariantOffer Offer(string name, int manifest) =>
        new(name, D(manifest), 10, 100, name, new(1, "1.20.0", []), new(null, null, null, null, null, null, null, null));

    private static DeviceRecord Device(int active) => new(
        "d", "c", null,
        new()
        {
            Release = D(9),
            Model = "m",
            Version = "1",
            Manifest = default,
            Attempt = 1,
            State = DeviceState.Committed,
            Verified = true,
            Active = D(active),
        },
        null, 1, default);
}
