namespace SlmOps.Inference.Tokenization;

/// <summary>Turns one word into token ids.</summary>
internal abstract class TokenModel
{
    internal abstract void Encode(string word, List<int> target);
}
