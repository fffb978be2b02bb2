using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;
using static SlmOps.EdgeAgent.Planning.AgentAction;

namespace SlmOps.EdgeAgent.Tests.Planning;

public sealed class DevicePlannerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly ReleaseRef One = Release("1");
    private static readonly ReleaseRef Two = Release("2");
    private static readonly ReleaseRef Three = Release("3");
    private static readonly AgentAction[] Rest =
    [
        new AgentAction.Download(),
        new Verify(),
        new Stage(),
        new AgentAction.SmokeTest(),
        new Activate(),
    ];

    [Fact]
    public void Plan_NoDocument_KnowsNothing() => Nothing(Because.ChannelUnknown, DevicePlanner.Plan(null, Device(), Now));

    [Theory]
    [InlineData(ProcessorClass.Arm64, true)]
    [InlineData(ProcessorClass.X64V3, false)]
    [InlineData(null, false)]
    public void Plan_WithdrawnFromOneClass_IsWithdrawnForItsDevicesAlone(string? processor, bool withdrawn)
    {
        ClassWithdrawal from = new(Two.Digest, ProcessorClass.Arm64, One);
        var device = Device(active: One) with { ProcessorClass = processor };

        var offered = Plan(Document(One, Candidate(Two)) with { WithdrawnFrom = [from] }, device);
        var stable = Plan(Document(Two) with { WithdrawnFrom = [from] }, device);

        Assert.Equal(withdrawn, offered is Plan.Nothing { Because: Because.AlreadyActive });
        Assert.Equal(withdrawn, stable is Plan.Nothing { Because: Because.AlreadyActive });
        Assert.Equal(withdrawn, Plan(Document(Two) with { WithdrawnFrom = [from] }, Device(active: Two, before: One) with
        {
            ProcessorClass = processor,
        }) is Plan.Steps { Actions: [GoBack] });
    }

    [Fact]
    public void Plan_EmptyChannel_NothingReleased() => Nothing(Because.NothingReleased, Plan(Document(null)));

    [Fact]
    public void Plan_FreshDevice_BeginsAndRetrieves() =>
        Steps(Plan(Document(One)), new Begin(Stable(One), 1), new Confirm(), new Retrieve());

    [Fact]
    public void Plan_FreshDeviceThatKnowsTheRelease_GoesAllTheWay() =>
        Steps(
            Plan(Document(One), Device(known: One)),
            [
                new Begin(Stable(One), 1),
                new Confirm(),
                new Choose(Variant(One), "fewest bytes within the tolerated perplexity change"),
                .. Rest,
            ]);

    [Fact]
    public void Plan_NoVariantFits_RefusesOnceAndThenSaysSo()
    {
        var small = Device(known: One) with { Hardware = new(1, new(1, 31, 1), new HashSet<string>()) };
        Assert.IsType<Refuse>(Assert.IsType<Plan.Steps>(Plan(Document(One), small)).Actions[1]);

        var refused = small with
        {
            State = small.State with { Deployment = Deployment(Stable(One), DeviceState.Rejected) with { ReasonCode = "no-variant-fits" } },
        };
        Nothing(Because.NoVariantFits, Plan(Document(One), refused));

        var grown = refused with { Hardware = Device().Hardware };
        Assert.IsType<Begin>(Assert.IsType<Plan.Steps>(Plan(Document(One), grown)).Actions[0]);
    }

    [Fact]
    public void Plan_ActiveIsStable_AlreadyActive() => Nothing(Because.AlreadyActive, Plan(Document(One), Device(active: One)));

    [Fact]
    public void Plan_CandidateInRing_BeginsTheCandidate() =>
        Steps(Plan(Document(One, Candidate(Two)), Device(active: One)), new Begin(InRing(Two), 1), new Confirm(), new Retrieve());

    [Fact]
    public void Plan_LabelsOutsideTheSelector_NotInRing() =>
        Nothing(
            Because.NotInRing,
            Plan(Document(One, Candidate(Two)), Device(active: One) with { Labels = new Dictionary<string, string>() }));

    [Fact]
    public void Plan_FractionOutside_NotInRingAndWithoutStableNothing() =>
        Nothing(Because.NotInRing, Plan(Document(null, Candidate(Two, fraction: 0))));

    [Fact]
    public void Plan_SecondOpenRingAdmits_NamesThatRing()
    {
        var offer = Candidate(Two, fraction: 0) with
        {
            OpenRings = [new("first", 0, new Dictionary<string, string>()), new("second", 1, new Dictionary<string, string>())],
        };
        var begin = Assert.IsType<Begin>(Assert.IsType<Plan.Steps>(Plan(Document(One, offer), Device(active: One))).Actions[0]);
        Assert.Equal("second", begin.Assignment.Ring);
    }

    [Fact]
    public void Plan_CandidateCondemnedHere_StaysOnStableAndSaysWhy() =>
        Nothing(Because.Condemned, Plan(Document(One, Candidate(Two)), Device(active: One, condemned: Two)));

    [Fact]
    public void Plan_CandidateCondemnedOnFreshDevice_TakesStable() =>
        Steps(Plan(Document(One, Candidate(Two)), Device(condemned: Two)), new Begin(Stable(One), 1), new Confirm(), new Retrieve());

    [Fact]
    public void Plan_StableCondemned_NothingIsLeft() => Nothing(Because.Condemned, Plan(Document(Two), Device(condemned: Two)));

    [Fact]
    public void Plan_OneVariantOfTheActiveReleaseCondemned_TheReleaseIsNotLost() =>
        Nothing(Because.AlreadyActive, Plan(Document(One), Device(active: One, condemned: One)));

    [Fact]
    public void Plan_CandidateWithdrawn_IsNotOffered() =>
        Nothing(Because.AlreadyActive, Plan(Document(One, Candidate(Two), Two.Digest), Device(active: One)));

    [Fact]
    public void Plan_ActiveWithdrawn_GoesBackToTheSlotBefore() =>
        Assert.Equal("withdrawn", Only<GoBack>(Plan(Document(One, null, Two.Digest), Device(active: Two, before: One))).Code);

    [Fact]
    public void Plan_ActiveWithdrawnAndTheOneBeforeToo_TakesStable() =>
        Steps(
            Plan(Document(Three, null, One.Digest, Two.Digest), Device(active: Two, before: One)),
            new Begin(Stable(Three), 1),
            new Confirm(),
            new Retrieve());

    [Fact]
    public void Plan_ActiveWithdrawnNothingElse_KeepsRunning() =>
        Nothing(Because.WithdrawnNothingToGoBackTo, Plan(Document(null, null, Two.Digest), Device(active: Two)));

    [Fact]
    public void Plan_ActiveWithdrawnByExpiredDocument_StillGoesBack() =>
        Only<GoBack>(DevicePlanner.Plan(Document(One, null, Two.Digest), Device(active: Two, before: One), Now.AddDays(30)));

    [Fact]
    public void Plan_Expired_InstallsNothing() =>
        Nothing(Because.ChannelExpired, DevicePlanner.Plan(Document(Two), Device(active: One), Now.AddDays(7)));

    [Fact]
    public void Plan_ExpiredAndSettled_AlreadyActive() =>
        Nothing(Because.AlreadyActive, DevicePlanner.Plan(Document(One), Device(active: One), Now.AddDays(30)));

    [Fact]
    public void Plan_ClockSetBack_TheTimeOfTheLastDocumentCounts()
    {
        var device = Device();
        Nothing(
            Because.ChannelExpired,
            DevicePlanner.Plan(Document(Two), device with { State = device.State with { ClockFloor = Now.AddDays(8) } }, Now.AddYears(-10))
        );
    }

    [Theory]
    [InlineData(DeviceState.Retrieved, 0)]
    [InlineData(DeviceState.Downloading, 0)]
    [InlineData(DeviceState.DownloadPaused, 0)]
    [InlineData(DeviceState.Downloaded, 1)]
    [InlineData(DeviceState.Verified, 2)]
    [InlineData(DeviceState.Staged, 3)]
    [InlineData(DeviceState.SmokeTesting, 3)]
    [InlineData(DeviceState.WindowWait, 4)]
    public void Plan_UnderWay_GoesOnFromWhereItStands(DeviceState state, int done) =>
        Steps(Plan(Document(One), Device(deployment: Deployment(Stable(One), state))), Rest[done..]);

    [Fact]
    public void Plan_CandidateBecameStableUnderWay_GoesOn() =>
        Steps(Plan(Document(Two), Device(active: One, deployment: Deployment(InRing(Two), DeviceState.Verified))), Rest[2..]);

    [Fact]
    public void Plan_AnotherReleaseTookItsPlace_Abandons() =>
        Only<Abandon>(Plan(Document(Three), Device(deployment: Deployment(Stable(One), DeviceState.Downloading))));

    [Fact]
    public void Plan_ReleaseUnderWayIsWithdrawn_Abandons() =>
        Only<Abandon>(
            Plan(Document(null, Candidate(Two), Two.Digest), Device(deployment: Deployment(InRing(Two), DeviceState.SmokeTesting))));

    [Fact]
    public void Plan_Paused_WaitsUntilItsTime()
    {
        var paused = Deployment(Stable(One), DeviceState.DownloadPaused) with { NotBefore = Now.AddSeconds(1) };
        Assert.Equal(Now.AddSeconds(1), Nothing(Because.BackingOff, Plan(Document(One), Device(deployment: paused))).Until);
        Steps(DevicePlanner.Plan(Document(One), Device(deployment: paused), Now.AddSeconds(1)), Rest);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 1)]
    public void Plan_FailedBefore_WaitsThenTriesAgainCounting(int attempt, int next)
    {
        var failed = Deployment(Stable(One), DeviceState.FailedNoStateChange) with { Attempt = attempt, NotBefore = Now.AddSeconds(1) };
        Nothing(Because.BackingOff, Plan(Document(One), Device(deployment: failed)));
        Steps(
            DevicePlanner.Plan(Document(One), Device(deployment: failed), Now.AddSeconds(1)),
            new Begin(Stable(One), next),
            new Confirm(),
            new Retrieve());
    }

    [Fact]
    public void Plan_RefusedBefore_WaitsUnlessTheChannelNamesAnotherSignature()
    {
        var refused = Deployment(Stable(One), DeviceState.Rejected) with { ReasonCode = "signature", NotBefore = Now.AddHours(1) };
        Nothing(Because.Refused, Plan(Document(One), Device(deployment: refused)));
        Only<Begin>(Plan(Document(One with { Signature = Digest.Of([9]) }), Device(deployment: refused)), of: 3);
    }

    [Theory]
    [InlineData(DeviceState.SmokeTesting, typeof(GiveUp))]
    [InlineData(DeviceState.Activating, typeof(GoBack))]
    [InlineData(DeviceState.Soaking, typeof(GoBack))]
    public void Plan_FellTooOftenInAShortTime_Ends(DeviceState state, Type action)
    {
        var spent = Deployment(Stable(One), state) with { Falls = [Now, Now, Now], SoakUntil = Now.AddSeconds(10) };
        Assert.IsType(action, Assert.Single(Assert.IsType<Plan.Steps>(Plan(Document(One), Device(deployment: spent))).Actions));
    }

    [Fact]
    public void Plan_Activating_ActivatesEvenWithoutADocument() =>
        Steps(DevicePlanner.Plan(null, Device(deployment: Deployment(Stable(One), DeviceState.Activating)), Now), new Activate());

    [Fact]
    public void Plan_RollingBack_GoesBackWhateverTheChannelSays() =>
        Only<GoBack>(Plan(Document(Two), Device(deployment: Deployment(InRing(Two), DeviceState.RollingBack))));

    [Theory]
    [InlineData(1, false)]
    [InlineData(60, false)]
    [InlineData(0, true)]
    [InlineData(-100, true)]
    [InlineData(61, true)] // more than the soak takes: the clock was set back
    public void Plan_Soaking_CommitsWhenTheTimeIsOver(int secondsLeft, bool over)
    {
        var soaking = Device(
            active: Two,
            deployment: Deployment(InRing(Two), DeviceState.Soaking) with
            {
                SoakUntil = Now.AddSeconds(secondsLeft),
            }
        );
        var plan = Plan(Document(One, Candidate(Two)), soaking);
        if (over)
        {
            Steps(plan, new Commit());
        }
        else
        {
            Assert.Equal(Now.AddSeconds(secondsLeft), Nothing(Because.Soaking, plan).Until);
        }
    }

    [Fact]
    public void Plan_SoakingAndWithdrawn_GoesBack() =>
        Assert.Equal(
            "withdrawn",
            Only<GoBack>(
                Plan(
                    Document(One, null, Two.Digest),
                    Device(
                        active: Two,
                        before: One,
                        deployment: Deployment(InRing(Two), DeviceState.Soaking) with
                        {
                            SoakUntil = Now.AddSeconds(9),
                        }
                    ))).Code);

    [Fact]
    public void Plan_ActiveIsTheCandidateOfANewRollout_SaysSoOnce()
    {
        Steps(Plan(Document(One, Candidate(One)), Device(active: One)), new Begin(InRing(One), 1), new Adopt());
        Nothing(
            Because.AlreadyActive,
            Plan(Document(One, Candidate(One)), Device(active: One, deployment: Deployment(InRing(One), DeviceState.AlreadyInstalled))));
    }

    [Fact]
    public void Plan_ActiveVariantNoLongerFits_ChoosesAnother()
    {
        var device = Device(active: One, known: One);
        var other = Variant(One) with { Name = "small", Manifest = Digest.Of([7]), Needs = new(10, "1.20.0", []) };
        device = device with
        {
            Hardware = device.Hardware with { RamBytes = 20 },
            State = device.State with { Known = [new(One, [Variant(One), other])] },
        };
        Assert.Equal("small", Assert.IsType<Choose>(Assert.IsType<Plan.Steps>(Plan(Document(One), device)).Actions[2]).Variant.Name);
    }

    [Fact]
    public void Plan_SoakOfAThousandYears_IsAWeek() =>
        Assert.Equal(
            604800,
            Only<Begin>(
                Plan(Document(One, Candidate(Two) with { SoakSeconds = int.MaxValue }), Device(active: One)),
                of: 3).Assignment.SoakSeconds);

    private static Plan Plan(ChannelDocument document, Observed? device = null) => DevicePlanner.Plan(document, device ?? Device(), Now);

    private static void Steps(Plan plan, params AgentAction[] expected) => Assert.Equal(new Plan.Steps(expected), plan);

    private static Plan.Nothing Nothing(Because because, Plan plan)
    {
        var nothing = Assert.IsType<Plan.Nothing>(plan);
        Assert.Equal(because, nothing.Because);
        return nothing;
    }

    private static T Only<T>(Plan plan, int of = 1)
        where T : AgentAction
    {
        var actions = Assert.IsType<Plan.Steps>(plan).Actions;
        Assert.Equal(of, actions.Count);
        return Assert.IsType<T>(actions[0]);
    }

    private static ChannelDocument Document(ReleaseRef? stable, RolloutOffer? candidate = null, params Digest[] withdrawn) =>
        new()
        {
            Schema = 1,
            Channel = "stable",
            Version = 1,
            IssuedAt = Now,
            Expires = Now.AddDays(7),
            Stable = stable,
            Candidate = candidate,
            Withdrawn = withdrawn,
        };

    private static RolloutOffer Candidate(ReleaseRef release, double fraction = 1) =>
        new("r-1", release, "salt", [new("canary", fraction, new Dictionary<string, string> { ["site"] = "lab" })], 60);

    private static Assignment Stable(ReleaseRef release) => new(release, null, null, 0, null);

    private static Assignment InRing(ReleaseRef release) => new(release, "r-1", "canary", 60, null);

    private static ReleaseRef Release(string version) =>
        new(
            "tiny",
            version,
            Digest.Of(System.Text.Encoding.UTF8.GetBytes(version)),
            10,
            Digest.Of(System.Text.Encoding.UTF8.GetBytes("s" + version)));

    private static VariantOffer Variant(ReleaseRef release) => new(
        "int8", Digest.Of(System.Text.Encoding.UTF8.GetBytes("m" + release.Version)), 10, 100, "int8", new(50, "1.20.0", []),
        new(null, 0, null, null, null, null, null, null));

    private static Deployment Deployment(Assignment assignment, DeviceState state) =>
        new(assignment, 1, state) { Variant = Variant(assignment.Release), Target = Slot.B };

    private static Observed Device(
        ReleaseRef? active = null,
        ReleaseRef? before = null,
        ReleaseRef? known = null,
        ReleaseRef? condemned = null,
        Deployment? deployment = null)
    {
        var state = AgentState.Fresh(0) with { Deployment = deployment };
        state = active is null ? state : state with { Active = Slot.B, B = new(active, Variant(active), true) };
        state = before is null ? state : state with { A = new(before, Variant(before), true) };
        state = known is null ? state : state.Remember(new(known, [Variant(known)]));
        state = condemned is null ? state : state.Condemn(new(condemned.Digest, Digest.Of([8]), "smoke-disagrees", Now));
        return new(
            "d-1",
            new Dictionary<string, string> { ["site"] = "lab" },
            new(100, new(1, 31, 1), new HashSet<string>()),
            Preference.Balanced,
            state);
    }
}
