using System.Globalization;
using System.Text;

namespace SlmOps.Inference.Tokenization;

/// <summary>What BERT's normalizer does with single characters.</summary>
internal static class Bert
{
    internal enum Change
    {
        Keep,
        Drop,
        ToSpace,
        Surround,
    }

    internal static Change Clean(Rune rune) => rune.Value switch
    {
        '\t' or '\n' or '\r' => Change.ToSpace,
        0 or 0xFFFD => Change.Drop,
        _ when Rune.IsWhiteSpace(rune) => Change.ToSpace,
        _ => Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.PrivateUse => Change.Drop,
            _ => Change.Keep,
        },
    };

    /// <summary>The blocks of CJK ideographs that BERT's own tokenizer names.</summary>
    internal static bool IsIdeograph(int value) => value
        is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF or >= 0x20000 and <= 0x2A6DF or >= 0x2A700 and <= 0x2B73F
        or >= 0x2B740 and <= 0x2B81F or >= 0x2B920 and <= 0x2CEAF or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;

    internal static string Map(string text, Func<Rune, Change> change)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            switch (change(rune))
            {
                case Change.Keep: result.Append(rune); break;
                case Change.ToSpace: result.Append(' '); break;
                case Change.Surround: result.Append(' ').Append(rune).Append(' '); break;
            }
        }

        return result.ToString();
    }
}
