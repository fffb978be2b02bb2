using SlmOps.Contracts;
using SlmOps.Pipeline.Access;

namespace SlmOps.Pipeline.Tests.Access;

public sealed class DeviceAccessTests
{
    private const string Service = "slmops:fleet";
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly EnrolledDevice Camera = new("cam-7", "phi", "key", "t1", Now.AddDays(-9), Now.AddDays(9), null);
    private static readonly Assertion Good = new("cam-7", Service, "0123456789abcdef", Now, Now.AddMinutes(2), SignatureHolds: true);

    private static readonly Dictionary<string, (Assertion? Assertion, EnrolledDevice? Device, DeviceCall Call)> Refused = new()
    {
        [RefusalCodes.TokenMalformed] = (null, null, new()),
        [RefusalCodes.DeviceUnknown] = (Good, null, new()),
        [RefusalCodes.TokenSignature] = (Good with { SignatureHolds = false }, Camera, new()),
        [RefusalCodes.TokenAudience] = (Good with { Audience = "slmops:other" }, Camera, new()),
        [RefusalCodes.TokenLife] = (Good with { Expires = Now.AddMinutes(5).AddSeconds(1) }, Camera, new()),
        [RefusalCodes.TokenEarly] = (Good with { IssuedAt = Now.AddSeconds(61), Expires = Now.AddSeconds(90) }, Camera, new()),
        [RefusalCodes.TokenExpired] = (Good with { IssuedAt = Now.AddMinutes(-3), Expires = Now.AddSeconds(-60) }, Camera, new()),
        [RefusalCodes.DeviceRevoked] = (Good, Camera with { RevokedAt = Now.AddDays(-1) }, new()),
        [RefusalCodes.CertificateExpired] = (Good, Camera with { NotAfter = Now }, new()),
        [RefusalCodes.OtherDevice] = (Good, Camera, new(Device: "cam-8")),
        [RefusalCodes.OtherChannel] = (Good, Camera, new(Channel: "llama")),
    };

    public static TheoryData<string> Codes => [.. Refused.Keys];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Decide_CallThatMayNot_IsRefusedWithItsCode(string code)
    {
        var (assertion, device, call) = Refused[code];

        var refusal = DeviceAccess.Decide(true, assertion, device, Service, call, Now)!;

        Assert.Equal(code, refusal.Code);
        Assert.Equal(
            code is RefusalCodes.DeviceRevoked or RefusalCodes.OtherDevice or RefusalCodes.OtherChannel ? 403 : 401, refusal.Status);
    }

    [Fact]
    public void Decide_OwnCalls_AreLetIn()
    {
        DeviceCall[] calls = [new(), new(Device: "cam-7"), new(Channel: "phi"), new("cam-7", "phi")];

        Assert.All(calls, call => Assert.Null(DeviceAccess.Decide(true, Good, Camera, Service, call, Now)));
        var ahead = Good with { IssuedAt = Now.AddSeconds(60), Expires = Now.AddSeconds(90) };
        Assert.Null(DeviceAccess.Decide(true, ahead, Camera, Service, new(), Now));
        Assert.Equal(RefusalCodes.TokenMissing, DeviceAccess.Decide(false, null, null, Service, new(), Now)!.Code);
    }
}
