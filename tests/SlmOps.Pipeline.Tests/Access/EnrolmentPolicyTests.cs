using SlmOps.Contracts;
using SlmOps.Pipeline.Access;

namespace SlmOps.Pipeline.Tests.Access;

public sealed class EnrolmentPolicyTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);

    private static readonly EnrolmentToken Group = new()
    {
        Id = "g1",
        Sha256 = "",
        Uses = 5,
        Used = 0,
        CreatedAt = Now,
        ExpiresAt = Now.AddDays(1),
    };

    private static readonly EnrolmentToken Own = Group with { Id = "o1", Uses = 1, Device = "cam-7" };
    private static readonly EnrolledDevice Camera = new("cam-7", "phi", "key", "g1", Now, Now.AddDays(9), null);

    private static readonly Dictionary<string, (EnrolmentToken? Token, EnrolledDevice? Known)> Refused = new()
    {
        ["enrolment-unknown"] = (null, null),
        ["enrolment-revoked"] = (Group with { RevokedAt = Now }, null),
        ["enrolment-ended"] = (Group with { ExpiresAt = Now }, null),
        ["enrolment-used"] = (Group with { Used = 5 }, null),
        ["enrolment-channel"] = (Group with { Channel = "llama" }, null),
        ["enrolment-device"] = (Group with { Device = "cam-8" }, null),
        ["device-exists"] = (Group, Camera with { Key = "another" }),
        [RefusalCodes.DeviceRevoked] = (Group, Camera with { RevokedAt = Now }),
    };

    public static TheoryData<string> Codes => [.. Refused.Keys];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Decide_NotToBeLetIn_SaysWhy(string code) => Assert.Equal(code, Decide(Refused[code].Token, Refused[code].Known)?.Code);

    [Fact]
    public void Decide_ToBeLetIn_IsNull()
    {
        Assert.Null(Decide(Group, null));
        Assert.Null(Decide(Group, Camera));
        Assert.Null(Decide(Group with { Used = 5 }, Camera)); // the answer to its enrolment was lost
        Assert.Null(Decide(Own, Camera with { Key = "another" }));
        Assert.Null(Decide(Own, Camera with { RevokedAt = Now }));
        Assert.Null(Decide(Group with { Id = EnrolmentToken.OfSettings }, Camera with { Key = "another" }));
        Assert.Equal("device-revoked", Decide(Group with { Id = EnrolmentToken.OfSettings }, Camera with { RevokedAt = Now })?.Code);
    }

    private static Refusal? Decide(EnrolmentToken? token, EnrolledDevice? known) =>
        EnrolmentPolicy.Decide(token, "cam-7", "phi", "key", known, Now);
}
