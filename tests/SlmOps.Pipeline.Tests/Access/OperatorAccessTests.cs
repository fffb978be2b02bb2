using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Access;

namespace SlmOps.Pipeline.Tests.Access;

public sealed class OperatorAccessTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);

    private static readonly OperatorKeyRecord Ann = new("a1", "ann", OperatorRole.Operate, "", Now.AddDays(-9), null, null);

    private static readonly OperatorCall Call = OperatorCalls.Find("RolloutCommand");

    [Theory]
    [InlineData(OperatorRole.Read, false)]
    [InlineData(OperatorRole.Operate, true)]
    [InlineData(OperatorRole.Admin, true)]
    public void Decide_Role_OpensWhatItIncludes(OperatorRole role, bool opens)
    {
        var refusal = OperatorAccess.Decide(true, Ann with { Role = role }, Call, Now);

        Assert.Equal(opens ? null : "403 role", refusal is null ? null : $"{refusal.Status} {refusal.Code}");
    }

    [Fact]
    public void Decide_KeyThatOpensNothing_SaysWhy()
    {
        Assert.Equal("key-missing", Code(false, null));
        Assert.Equal("key-unknown", Code(true, null));
        Assert.Equal("key-revoked", Code(true, Ann with { Role = OperatorRole.Admin, RevokedAt = Now }));
        Assert.Equal("key-expired", Code(true, Ann with { ExpiresAt = Now }));
        Assert.Null(OperatorAccess.Decide(true, Ann with { ExpiresAt = Now.AddTicks(1) }, Call, Now));
    }

    [Fact]
    public void Calls_ThatChangeSomething_NeedMoreThanRead() => Assert.All(
        OperatorCalls.All, call => Assert.Equal(call.Changes, call.Role != OperatorRole.Read && call.Name != "Keys"));

    [Fact]
    public void Document_TableOfRoles_IsTheCalls() => GeneratedPart.Check(
        "docs/identity.md",
        "roles",
        string.Join(
            '\n',
            [
                "| call | role |",
                "|---|---|",
                .. OperatorCalls.All.Append(OperatorCalls.Document).OrderBy(call => call.Role)
                    .Select(call => $"| `{call.Method.ToUpperInvariant()} {call.Route}` | {StateName.Of(call.Role).ToLowerInvariant()} |"),
            ]));

    [Fact]
    public void Secret_New_IsFoundByItsIdAndItsHash()
    {
        var (secret, other) = (Secret.New(Secret.OperatorPrefix), Secret.New(Secret.OperatorPrefix));

        Assert.True(Secret.TryIdOf(secret.Text, Secret.OperatorPrefix, out var id));
        Assert.Equal(secret.Id, id);
        Assert.True(Secret.Matches(secret.Text, secret.Sha256));
        Assert.False(Secret.Matches(other.Text, secret.Sha256));
        Assert.DoesNotContain(secret.Sha256, secret.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("slmk")]
    [InlineData("slmk__x")]
    [InlineData("slmk_0123456789ab")]
    [InlineData("slmk_0123456789AB_x")]
    [InlineData("slmk_../456789ab_x")]
    [InlineData("slmt_0123456789ab_x")]
    public void TryIdOf_OtherText_FindsNothing(string text) => Assert.False(Secret.TryIdOf(text, Secret.OperatorPrefix, out _));

    private static string Code(bool presented, OperatorKeyRecord? key)
    {
        var refusal = OperatorAccess.Decide(presented, key, Call, Now)!;
        Assert.Equal(401, refusal.Status);
        return refusal.Code;
    }
}
