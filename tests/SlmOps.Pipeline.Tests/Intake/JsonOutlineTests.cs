using System.Text;
using System.Text.Json;
using SlmOps.Pipeline.Intake;

namespace SlmOps.Pipeline.Tests.Intake;

public sealed class JsonOutlineTests
{
    [Fact]
    public void Parse_Document_KeepsValuesAndLines()
    {
        var root = Parse("""
            // what this is
            {
              "text": "line\nbreak é", /* over
              two lines */ "number": -1.5e2,
              "list": [
                true,
                { "inner": null },
              ],

              "no": false,
            }
            """);

        Assert.Equal((JsonValueKind.Object, 2), (root.Kind, root.Line));
        Assert.Equal(["text", "number", "list", "no"], root.Members.Keys);
        Assert.Equal(("line\nbreak é", 3), (root.Members["text"].Text, root.Members["text"].Line));
        Assert.Equal((-150, 4), (root.Members["number"].Number, root.Members["number"].Line));
        Assert.Equal((JsonValueKind.Array, 5), (root.Members["list"].Kind, root.Members["list"].Line));
        Assert.Equal(
            [(JsonValueKind.True, 6), (JsonValueKind.Object, 7)],
            root.Members["list"].Items.Select(item => (item.Kind, item.Line)));
        Assert.Equal(JsonValueKind.Null, root.Members["list"].Items[1].Members["inner"].Kind);
        Assert.Equal((JsonValueKind.False, 10), (root.Members["no"].Kind, root.Members["no"].Line));
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    public void Parse_AnyLineEnding_CountsLines(string end) =>
        Assert.Equal(3, Parse($"{{{end}{end}\"a\": 1}}").Members["a"].Line);

    [Theory]
    [InlineData("", 0)]
    [InlineData("   \n  ", 1)]
    [InlineData("{\n\n\"a\": }", 2)]
    [InlineData("{\"a\": 1}\n{}", 1)]
    [InlineData("{\"a\": 1", 0)]
    [InlineData("[1, 2\n", 1)]
    [InlineData("{\n\"a\": 1,\n\"b\": 2,\n\"a\": 3}", 3)]
    [InlineData("{\n\"a\": {\"x\": 1,\n\"x\": 2}}", 2)]
    [InlineData("{\"a\": 01}", 0)]
    [InlineData("{\"a\": NaN}", 0)]
    [InlineData("{'a': 1}", 0)]
    [InlineData("{\n\"a\": \"\\ud800\"}", 1)]
    [InlineData("{\n\"\\ud800\": 1}", 1)]
    public void Parse_NotJson_NamesTheLine(string text, int line) =>
        Assert.Equal(line, Assert.ThrowsAny<JsonException>(() => Parse(text)).LineNumber);

    [Fact]
    public void Parse_NotUtf8_NamesTheLine() => Assert.Equal(
        1, Assert.ThrowsAny<JsonException>(() => JsonOutline.Parse([.. "{\n\"a\": \""u8, 0xff, .. "\"}"u8])).LineNumber);

    [Fact]
    public void Parse_KeysThatDifferInCase_AreTwoKeys() => Assert.Equal(2, Parse("""{"a": 1, "A": 2}""").Members.Count);

    [Fact]
    public void Parse_ByteOrderMark_IsReadOver() =>
        Assert.Equal(2, JsonOutline.Parse([.. "\uFEFF{\n\"a\": 1}"u8]).Members["a"].Line);

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    [InlineData(1_000_000, false)]
    public void Parse_Depth_IsBounded(int depth, bool read)
    {
        var text = new string('[', depth) + new string(']', depth);
        if (read)
        {
            Assert.Equal(JsonValueKind.Array, Parse(text).Kind);
        }
        else
        {
            Assert.Equal(0, Assert.ThrowsAny<JsonException>(() => Parse(text)).LineNumber);
        }
    }

    [Fact]
    public void Parse_NumberBeyondDouble_IsInfinite() =>
        Assert.Equal(double.PositiveInfinity, Parse("""{"a": 1e999}""").Members["a"].Number);

    private static JsonOutline Parse(string text) => JsonOutline.Parse(Encoding.UTF8.GetBytes(text));
}
