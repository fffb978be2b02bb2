using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Tests.Planning;

public sealed class AdaptationChoiceTests
{
    private static readonly Digest Base = Digest.Of("base"u8);
    private static readonly Digest Other = Digest.Of("other"u8);
    private static readonly LocalPin Local = new(Digest.Of("local"u8), 7, Base);

    [Fact]
    public void Of_NoAdaptations_IsThePlainVariant() => Assert.Null(AdaptationChoice.Of(Base, Device([])));

    [Fact]
    public void Of_SeveralMatch_TakesTheFirst() => Assert.Equal("2", Of(Adaptation("2"), Adaptation("1")));

    [Fact]
    public void Of_LabelsDiffer_TakesTheNext() =>
        Assert.Equal("1", Of(Adaptation("2") with { Selector = Labels("room", "9") }, Adaptation("1")));

    [Fact]
    public void Of_AnotherBase_TakesTheNext() => Assert.Equal("1", Of(Adaptation("2", Other), Adaptation("1")));

    [Fact]
    public void Of_Condemned_TakesTheNext()
    {
        var device = Device([Adaptation("2"), Adaptation("1")]);
        var condemned = device with
        {
            State = device.State with { CondemnedCompositions = [new(Composition("2"), default, "smoke", default)] },
        };

        Assert.Equal("1", AdaptationChoice.Of(Base, condemned)!.Version);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Of_LocalLayerOfThisBase_IsTakenWhereThereIsRoom(bool room, bool taken)
    {
        var pick = AdaptationChoice.Of(Base, Device([Adaptation("1") with { LocalLayer = room }]) with { Local = Local })!;

        Assert.Equal(taken ? (Local.Envelope, Local.Size) : (default, 0), (pick.Local, pick.LocalSize));
    }

    [Fact]
    public void Of_LocalLayerOfAnotherBase_IsLeftOut()
    {
        var pick = AdaptationChoice.Of(
            Base,
            Device([Adaptation("1") with { LocalLayer = true }]) with
            {
                Local = Local with { Base = Other },
            }
        )!;

        Assert.True(pick.Local.IsEmpty);
    }

    [Fact]
    public void Of_CondemnedWithTheLocalLayer_IsTakenWithoutIt()
    {
        var device = Device([Adaptation("1") with { LocalLayer = true }]) with { Local = Local };
        var condemned = device with
        {
            State = device.State with { CondemnedCompositions = [new(Composition("1"), Local.Envelope, "smoke", default)] },
        };

        Assert.True(AdaptationChoice.Of(Base, condemned)!.Local.IsEmpty);
    }

    [Fact]
    public void Same_AnotherSignatureOrSoak_IsTheSame()
    {
        var pick = AdaptationChoice.Of(Base, Device([Adaptation("1")]))!;

        Assert.True(AdaptationPick.Same(pick, pick with { Envelope = Other, SoakSeconds = 9, Version = "9" }));
        Assert.False(AdaptationPick.Same(pick, pick with { Composition = Other }));
        Assert.False(AdaptationPick.Same(pick, pick with { Local = Other }));
        Assert.False(AdaptationPick.Same(pick, null));
        Assert.True(AdaptationPick.Same(null, null));
    }

    private static string? Of(params ChannelOverlay[] adaptations) => AdaptationChoice.Of(Base, Device(adaptations))?.Version;

    private static ChannelOverlay Adaptation(string version, Digest? basis = null) =>
        new("site", version, Labels("site", "lab"), 60, false, [new(basis ?? Base, Composition(version), Digest.Of("e"u8), 9)]);

    private static Digest Composition(string version) => Digest.Of(System.Text.Encoding.UTF8.GetBytes(version));

    private static Dictionary<string, string> Labels(string name, string value) => new() { [name] = value };

    private static Observed Device(IReadOnlyList<ChannelOverlay> adaptations) => new(
        "d-1", Labels("site", "lab"), new(1 << 20, new(1, 31, 1), new HashSet<string>()), Preference.Balanced, AgentState.Fresh(0))
    {
        Adaptations = adaptations,
    };
}
