using SlmOps.Contracts;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Repository;
using SlmOps.Pipeline.Tests.Rollout;

namespace SlmOps.Pipeline.Tests.Repository;

public sealed class RepositoryStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly SigningKeyIds Keys = new("release", "online");
    private static readonly ReleaseRef One = SampleFleet.Of("1");
    private static readonly ReleaseRef Two = SampleFleet.Of("2");
    private static readonly ReleaseRef Three = SampleFleet.Of("3");

    [Fact]
    public void Add_EachRelease_GetsTheNextSequenceOfItsModel()
    {
        var state = Listed(One, Two, One with { Model = "other" });

        Assert.Equal([1, 2, 1], state.Releases.Select(one => one.Sequence));
    }

    [Fact]
    public void Add_SameVersionSignedAgain_TheFirstOneStays()
    {
        var state = Listed(One);

        Assert.Same(state, state.Add(One with { Signature = Digest.Of([9]) }, []));
    }

    [Fact]
    public void Add_SameVersionOtherContent_IsAFault() =>
        Assert.Throws<InvalidDataException>(() => Listed(One).Add(One with { Digest = Digest.Of([9]) }, []));

    [Fact]
    public void Add_TooManyOfOneModel_TheOldestLeave()
    {
        var state = Listed([
            One with
            {
                Model = "other",
            },
            .. Enumerable.Range(1, RepositoryState.MaxOfModel + 5).Select(number => SampleFleet.Of($"1.{number}")),
        ]);

        Assert.Equal(RepositoryState.MaxOfModel + 1, state.Releases.Count);
        Assert.Null(state.Find("phi", "1.5"));
        Assert.Equal(6, state.Find("phi", "1.6")!.Sequence);
        Assert.NotNull(state.Find("other", "1"));
    }

    [Fact]
    public void Arrange_StableOfARolledBackRelease_IsListedAboveIt()
    {
        var state = Listed(One, Two).Arrange(new(One, null, [Two]));

        Assert.Equal([3, 2], state.Releases.Select(one => one.Sequence));
        Assert.Equal(One, state.Find("phi", "1")!.Release);
        Assert.Same(state, state.Arrange(new(One, null, [Two])));
    }

    [Fact]
    public void Arrange_CandidateReleasedBeforeTheReturn_ComesAfterIt()
    {
        // The third was released while the second was rolled back: without this, a device that went back could not take it.
        var state = Listed(One, Two, Three).Arrange(new(One, Three, [Two]));

        Assert.Equal((4, 5), (state.Find("phi", "1")!.Sequence, state.Find("phi", "3")!.Sequence));
        Assert.Same(state, state.Arrange(new(One, Three, [Two])));
    }

    [Fact]
    public void Arrange_NothingLeft_ChangesNothing()
    {
        var state = Listed(One, Two);

        Assert.Same(state, state.Arrange(new(One, Two, [])));
        Assert.Same(state, state.Arrange(new(null, Two, [])));
        Assert.Same(state, state.Arrange(new(null, null, [Two])));
    }

    [Fact]
    public void Arrange_WhatWasLeftIsOfAnotherModel_ChangesNothing()
    {
        var other = Three with { Model = "other" };
        var state = Listed(One, other);

        Assert.Same(state, state.Arrange(new(One, null, [other])));
    }

    [Fact]
    public void Arrange_ReleaseFromBeforeThereWasAList_IsListed()
    {
        var state = RepositoryState.Empty.Arrange(new(One, Two, []));

        Assert.Equal([("1", 1), ("2", 2)], state.Releases.Select(one => (one.Release.Version, one.Sequence)));
    }

    [Fact]
    public void Arrange_StableUnderTheSecurityFloor_StaysWhereItIs()
    {
        var state = Listed(One, Two).RaiseFloor("phi", "2")!;

        // Going back must not lift what the floor was raised against.
        Assert.Same(state, state.Arrange(new(One, null, [Two])));
        Assert.Equal([2L, 2L], state.Listed.Select(one => one.SecurityFloor));
        Assert.NotNull(new ReleaseFloor(0, 2).RefuseInstall(state.Listed[0]));
    }

    [Fact]
    public void RaiseFloor_OnlyRises()
    {
        var state = Listed(One, Two).RaiseFloor("phi", "2")!;

        Assert.Same(state, state.RaiseFloor("phi", "1"));
        Assert.Null(state.RaiseFloor("phi", "9"));
        Assert.Equal(2, state.Head.FloorOf("phi"));
        Assert.Equal(0, state.Head.FloorOf("other"));
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1.4, 1, 1)]
    [InlineData(1.6, 1, 2)]
    [InlineData(46, 2, 2)]
    public void Renew_HalfOfALifeIsOver_NewVersionsAreDue(double days, long targets, long others)
    {
        var state = Listed(One).Issue(Now, TufSchedule.Default, Keys).Renew(Now.AddDays(days), TufSchedule.Default, Keys);

        Assert.Equal((targets, others, others), (state.Head.Targets.Version, state.Head.Snapshot.Version, state.Head.Timestamp.Version));
        Assert.Same(state, state.Renew(Now.AddDays(days), TufSchedule.Default, Keys));
        Assert.True(state.Head.Timestamp.Expires > Now.AddDays(days + 1.4));
    }

    [Theory]
    [InlineData("other", "online", 2, 2)]
    [InlineData("release", "other", 1, 2)]
    public void Renew_AnotherKeySigns_NewVersionsAreDue(string release, string online, long targets, long others)
    {
        var state = Listed(One).Issue(Now, TufSchedule.Default, Keys).Renew(Now, TufSchedule.Default, new(release, online));

        Assert.Equal((targets, others, others), (state.Head.Targets.Version, state.Head.Snapshot.Version, state.Head.Timestamp.Version));
        Assert.Equal((release, online), (state.Head.ReleaseKey, state.Head.OnlineKey));
    }

    [Fact]
    public void Renew_NothingReleasedYet_NothingIsDue() =>
        Assert.Same(RepositoryState.Empty, RepositoryState.Empty.Renew(Now, TufSchedule.Default, Keys));

    private static RepositoryState Listed(params ReleaseRef[] releases) =>
        releases.Aggregate(RepositoryState.Empty, (state, release) => state.Add(release, []));
}
