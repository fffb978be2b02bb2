using SlmOps.Inference.Tokenization;

namespace SlmOps.Inference.Tests.Tokenization;

public sealed class ReferenceTests
{
    private static readonly string[] Texts =
    [
        "The quick brown fox jumps over the lazy dog.",
        "",
        " ",
        "   leading, trailing and   inner    runs   ",
        "it's They'LL we'Ve I'M don't",
        "def f(x: int) -> str:\n\treturn f\"{x!r:>10}\"\r\n\r\n\n# 1234567890 0x7fff 3.14e-10\n",
        "naïve café, ZÜRICH, straße; Ελληνικά, русский язык, עברית, العربية, हिन्दी, ไทย",
        "中文字符 日本語テキスト 한국어 텍스트 、。「」",
        "e\u0301 A\u030A \u1100\u1161\u11A8 \uFB01 \u00BD \u2167",
        "😀 👩‍👩‍👧‍👦 🇩🇪 👍🏽 emoji, 𝒜𝒷𝒸 𝟙𝟚𝟛 𠀀𠀁 letters and digits beyond the first plane",
        "tabs\tand\u00A0no-break\u2003em\u3000wide spaces\u2028lines",
        "llll 0x7fff aaaaaaaaaaaaaaaa -------- ........ ========",
        "a<s>b </s> <|endoftext|> c<|begin_of_text|>d <unk>",
        "\u0000\u0001\u007F control",
        "the thing that they think there",
        "thethethe        \n   \n\t\t the",
    ];

    public static TheoryData<string> Families => [.. TokenizerFamilies.Names];

    [Fact]
    public async Task Encode_SampleTokenizer_EqualsTheReference() =>
        await AssertSameAsync(
            await File.ReadAllTextAsync(Sample.TokenizerJson, TestContext.Current.CancellationToken),
            [Sample.EvalText, .. Texts]);

    // BERT makes a word of each ideograph; the reference looks at UTF-16 units and misses those beyond the first plane.
    [Theory]
    [MemberData(nameof(Families))]
    public async Task Encode_EachFamily_EqualsTheReference(string family) =>
        await AssertSameAsync(
            TokenizerFamilies.Json(family).ToJsonString(),
            [
                Sample.EvalText[..4096],
                .. Texts.Select(text =>
                    family.StartsWith("bert", StringComparison.Ordinal) ? text.Replace("𠀀𠀁", "", StringComparison.Ordinal) : text),
            ]);

    private static async Task AssertSameAsync(string json, string[] texts)
    {
        var tokenizer = Tokenizer.Parse(System.Text.Encoding.UTF8.GetBytes(json));
        var expected = await ReferenceReader.RunAsync(json, texts);
        var wrong = new List<string>();
        for (var i = 0; i < texts.Length; i++)
        {
            var ids = tokenizer.Encode(texts[i], TestContext.Current.CancellationToken);
            if (!ids.SequenceEqual(expected[i].Ids))
            {
                wrong.Add(
                    $"encode '{Short(texts[i])}':\n  expected {string.Join(' ', expected[i].Ids.Take(80))}\n  actual   "
                        + $"{string.Join(' ', ids.Take(80))}"
                );
            }

            if (tokenizer.Decode(expected[i].Ids) is var text && text != expected[i].Text)
            {
                wrong.Add($"decode '{Short(texts[i])}':\n  expected '{Short(expected[i].Text)}'\n  actual   '{Short(text)}'");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static string Short(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
