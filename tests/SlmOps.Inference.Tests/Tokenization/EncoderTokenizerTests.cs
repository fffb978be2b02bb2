using System.Buffers.Binary;
using System.Text;
using SlmOps.Inference.Tokenization;

namespace SlmOps.Inference.Tests.Tokenization;

/// <summary>What tokenizers of encoders bring: special tokens around a text, a vocabulary as plain text, character maps.</summary>
public sealed class EncoderTokenizerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void EncodeWhole_Template_StandsAroundTheText()
    {
        var tokenizer = TokenizerFamilies.Parse(TokenizerFamilies.Json("bert"));
        var text = tokenizer.Encode("the quick fox", Token);
        Assert.Equal([2, .. text, 3], tokenizer.EncodeWhole("the quick fox", 64, Token));
        Assert.Equal([2, text[0], 3], tokenizer.EncodeWhole("the quick fox", 3, Token));
        Assert.Equal(0, tokenizer.Padding);
    }

    [Fact]
    public void Load_VocabularyAsText_IsATokenizerOfBert()
    {
        var folder = Directory.CreateTempSubdirectory("slmops-vocab-");
        try
        {
            var path = Path.Combine(folder.FullName, "vocab.txt");
            File.WriteAllText(path, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun\n##believ\n##able\ncafe\n!\n");
            var tokenizer = Tokenizer.Load(path);
            Assert.Equal([2, 5, 6, 7, 8, 9, 1, 3], tokenizer.EncodeWhole("Unbelievable CAF\u00C9! zzz", 64, Token));
            Assert.Equal("unbelievable cafe!", tokenizer.Decode([2, 5, 6, 7, 8, 9, 3]));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Encode_WordBeyondTheLimit_IsUnknown()
    {
        var tokenizer = TokenizerFamilies.Parse(TokenizerFamilies.Json("bert"));
        Assert.Equal([1], tokenizer.Encode(new string('t', 101), Token));
    }

    [Fact]
    public void Encode_UnigramWithByteFallback_SpellsWhatItLacks()
    {
        var tokenizer = Tokenizer.Parse(
            Encoding.UTF8.GetBytes(
                """{"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["<0xC3>",-1],["<0xA9>",-1],["a",-2],["aa",-3]]}}"""
            ));
        // Of two equally likely cuts the one that is found first stays.
        Assert.Equal([3, 4, 1, 2, 0], tokenizer.Encode("aaa\u00E9\u4E2D\u4E2D", Token));
    }

    [Fact]
    public void Apply_CharacterMap_ReplacesItsKeys()
    {
        // A double array with the one key "\uFB01" (EF AC 81), whose replacement is "fi". Unit 0 is the root; a child of the
        // unit at p lies at p ^ offset ^ byte, and a leaf at p ^ offset.
        var units = new uint[512];
        uint root = 0, first = 256 ^ 0xEF, second = first ^ 256 ^ 0xAC, third = second ^ 256 ^ 0x81, leaf = third ^ 1;
        units[root] = 256u << 10;
        units[first] = (256u << 10) | 0xEF;
        units[second] = (256u << 10) | 0xAC;
        units[third] = (1u << 10) | (1u << 8) | 0x81;
        units[leaf] = 1u << 31;
        var table = new byte[4 + (units.Length * 4) + 3];
        BinaryPrimitives.WriteUInt32LittleEndian(table, (uint)units.Length * 4);
        for (var i = 0; i < units.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4 + (i * 4)), units[i]);
        }

        "fi\0"u8.CopyTo(table.AsSpan(4 + (units.Length * 4)));
        var map = CharacterMap.Read(Convert.ToBase64String(table));

        Assert.Equal("fine \uFB02 e\u0301 😀 fi", map.Apply("\uFB01ne \uFB02 e\u0301 😀 \uFB01", 100, Token));
        Assert.Equal("text-too-long", Assert.Throws<TokenizerException>(() => map.Apply("\uFB01\uFB01", 2, Token)).Code);
    }
}
