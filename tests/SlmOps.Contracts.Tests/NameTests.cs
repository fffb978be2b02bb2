using System.Text.Json;

namespace SlmOps.Contracts.Tests;

public sealed class NameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("phi-3.5_mini")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public void TryParse_SafeName_IsTaken(string text)
    {
        Assert.True(ModelName.TryParse(text, out var name));
        Assert.Equal(text, name.ToString());
        Assert.False(name.IsEmpty);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("../a")]
    [InlineData("A")]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234")]
    public void TryParse_OtherText_IsRefused(string? text)
    {
        Assert.False(ModelName.TryParse(text, out var name));
        Assert.True(name.IsEmpty);
    }

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public void Conversion_OtherText_SaysWhatItIsNot(Action convert, string what)
    {
        var fault = Assert.Throws<FormatException>(convert);

        Assert.StartsWith($"'no name' is not {what}: 1 to 64 of", fault.Message);
    }

    public static TheoryData<Action, string> Faults => new()
    {
        { () => _ = (ModelName)"no name", "a model name" },
        { () => _ = (ModelVersion)"no name", "a version" },
        { () => _ = (ChannelName)"no name", "a channel name" },
        { () => _ = (DeviceId)"no name", "a device id" },
    };

    [Fact]
    public void Parse_LongHostileText_IsShownInPartAndPlain()
    {
        var fault = Assert.Throws<FormatException>(() => ChannelName.Parse("\e[2J" + new string('x', 100_000)));

        Assert.StartsWith("'?[2Jxxx", fault.Message);
        Assert.InRange(fault.Message.Length, 64, 300);
    }

    [Fact]
    public void Equality_WithText_NeverRefusesIt()
    {
        ModelName name = "phi";

        Assert.True(name == "phi");
        Assert.True(name != "../phi");
        Assert.False(name == (string?)null);
        Assert.Equal(name, ModelName.Parse("phi"));
        Assert.NotEqual(name, default);
    }

    [Fact]
    public void CompareTo_Names_GoesByCharacterCodes() =>
        Assert.Equal(["1", "a", "a-b", "a.b", "a_b", "b"], new ModelVersion[] { "b", "a_b", "a", "a.b", "1", "a-b" }.Order());

    [Fact]
    public void Json_Names_AreTheirTexts()
    {
        var release = new ReleaseRef("phi", "1.0", Digest.Of("i"u8), 7, Digest.Of("s"u8));
        var json = JsonSerializer.Serialize(release, ContractsJson.Default.ReleaseRef);

        Assert.StartsWith("""{"model":"phi","version":"1.0",""", json);
        Assert.Equal(release, JsonSerializer.Deserialize(json, ContractsJson.Default.ReleaseRef));
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"../phi\"")]
    [InlineData("7")]
    [InlineData("{}")]
    public void Json_OtherThanAName_IsRefusedWithTheRule(string value)
    {
        var fault = Assert.Throws<JsonException>(
            () => JsonSerializer.Deserialize($$"""{"model":{{value}}}""", ContractsJson.Default.ReleaseRef));

        Assert.Contains("a model name: " + SafeName.Rule, fault.Message);
        Assert.Equal("$.model", fault.Path);
    }

    [Fact]
    public void Json_NoName_IsNullAndIsLeftOutWhereItMayBe()
    {
        var json = JsonSerializer.Serialize(new RolloutMessage(1, null, "a@1", null), ContractsJson.Default.RolloutMessage);

        Assert.Equal("""{"schema":1,"runId":"a@1"}""", json);
        Assert.True(JsonSerializer.Deserialize("""{"model":null}""", ContractsJson.Default.ReleaseRef)!.Model.IsEmpty);
    }

    [Fact]
    public void Json_NameAsKey_IsItsTextAndIsCheckedToo()
    {
        var floors = new Dictionary<ModelName, int> { ["phi"] = 3 };
        var json = JsonSerializer.Serialize(floors);

        Assert.Equal("""{"phi":3}""", json);
        Assert.Equal(floors, JsonSerializer.Deserialize<Dictionary<ModelName, int>>(json));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Dictionary<ModelName, int>>("""{"../phi":3}"""));
    }
}
