using System.Text;
using System.Text.Json;
using SlmOps.Inference.Tokenization;

namespace SlmOps.Inference.Tests.Tokenization;

public sealed class CanonicalCompositionTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("s\u0323\u0307", "\u1E69")]
    [InlineData("s\u0307\u0323", "\u1E69")]
    [InlineData("\u1100\u1161\u11A8", "\uAC01")]
    [InlineData("\uFB01", "\uFB01")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("a\u0334\u0301\u0301", "\u00E1\u0334\u0301")]
    public void Compose_KnownCases_AreFormC(string text, string expected) => Assert.Equal(expected, CanonicalComposition.Compose(text));

    [Fact]
    public void Compose_LoneSurrogate_StaysAsItIs() => Assert.Equal("\ud800\u00E9", CanonicalComposition.Compose("\ud800e\u0301"));

    [Fact]
    public async Task Compose_CharactersOfTheFirstPlanesAndRandomSequences_EqualNode()
    {
        var random = new Random(7);
        int[] interesting =
        [
            .. CanonicalData.Classes.Keys,
            .. CanonicalData.Decompositions.Keys,
            .. CanonicalData.Compositions.Keys.SelectMany(pair => new[] { pair.First, pair.Second }),
            0x1100,
            0x1161,
            0x11A8,
            0xAC00,
            'a',
        ];
        var texts = Enumerable
            .Range(0, 0x30000)
            .Where(Rune.IsValid)
            .Chunk(256)
            .Select(block => string.Join(' ', block.Select(char.ConvertFromUtf32)))
            .Concat(
                Enumerable
                    .Range(0, 5_000)
                    .Select(_ =>
                        string.Concat(
                            Enumerable.Range(0, 8).Select(_ => char.ConvertFromUtf32(interesting[random.Next(interesting.Length)])))))
            .ToList();

        var expected = JsonDocument.Parse(await ReferenceReader.NodeAsync("normalize.mjs", JsonSerializer.Serialize(texts))).RootElement;

        Assert.Equal(texts.Count, expected.GetArrayLength());
        for (var i = 0; i < texts.Count; i++)
        {
            Assert.Equal(expected[i].GetString(), CanonicalComposition.Compose(texts[i]));
        }
    }
}
