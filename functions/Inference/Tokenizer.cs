using SlmOps.Inference.Tokenization;

namespace SlmOps.Inference;

/// <summary>
/// A Hugging Face <c>tokenizer.json</c> with a BPE model, byte-level (GPT-2, Llama 3, Qwen) or with byte fallback
/// (Llama 2, Phi-3, Gemma), a WordPiece model (BERT, MiniLM) or a Unigram model (T5, XLM-R); or a <c>vocab.txt</c> of BERT.
/// Encodes without the post-processor: no start or end token is added unless <see cref="EncodeWhole"/> is asked. Thread safe.
/// </summary>
public sealed class Tokenizer
{
    private static readonly string[] StartNames =
    [
        "<s>",
        "<|begin_of_text|>",
        "<bos>",
        "<|startoftext|>",
        "<｜begin▁of▁sentence｜>",
        "<|endoftext|>",
    ];
    private static readonly string[] EndNames =
    [
        "</s>",
        "<|end_of_text|>",
        "<eos>",
        "<｜end▁of▁sentence｜>",
        "<|endoftext|>",
        "<|eot_id|>",
        "<|im_end|>",
    ];

    private static readonly string[] PadNames = ["[PAD]", "<pad>", "<|pad|>", "<|endoftext|>"];

    private readonly TokenizerJson _json;
    private readonly TokenizerLimits _limits;
    private readonly AddedTokens _rawTokens;
    private readonly AddedTokens _normalizedTokens;
    private readonly Dictionary<int, string> _names;
    private readonly HashSet<int> _special;

    private Tokenizer(TokenizerJson json, TokenizerLimits limits)
    {
        _json = json;
        _limits = limits;
        _rawTokens = new(json.Added.Where(token => !token.Normalized).Select(token => (token.Content, token)));
        _normalizedTokens = new(
            json.Added.Where(token => token.Normalized).Select(token => (Normalize(token.Content, CancellationToken.None), token)));
        _names = json.Vocabulary.ToDictionary(entry => entry.Value, entry => entry.Key);
        _special = [.. json.Added.Where(token => token.Special).Select(token => token.Id)];
        SpecialTokens = json
            .Added.Where(token => token.Special)
            .ToDictionary(token => token.Content, token => token.Id, StringComparer.Ordinal);
        VocabularySize = _names.Count == 0 ? 0 : _names.Keys.Max() + 1;
        BeginOfText = json.Template.Before is [var start, ..] ? start : FirstKnown(StartNames);
        EndOfText = FirstKnown(EndNames);
    }

    /// <summary>Highest token id and 1: the least vocabulary that a model for this tokenizer must have.</summary>
    public int VocabularySize { get; }

    /// <summary>Special tokens and their ids.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <summary>The token that a text starts with: what the post-processor's template puts there, else a special token of a usual name; null when there is neither.</summary>
    public int? BeginOfText { get; }

    /// <summary>The token that fills up shorter texts of a batch; 0 where the tokenizer names none.</summary>
    public int Padding => PadNames.Where(SpecialTokens.ContainsKey).Select(TokenId).FirstOrDefault() ?? 0;

    /// <summary>The special token of a usual name that ends a text, or null.</summary>
    public int? EndOfText { get; }

    /// <summary>Reads a <c>tokenizer.json</c>, or the <c>vocab.txt</c> of a BERT model.</summary>
    /// <exception cref="TokenizerException">When it is missing, too large, malformed or of an unknown kind.</exception>
    public static Tokenizer Load(string tokenizerJsonPath, TokenizerLimits? limits = null)
    {
        limits ??= new();
        var file = new FileInfo(tokenizerJsonPath);
        if (!file.Exists)
        {
            throw new TokenizerException("file-missing", $"There is no tokenizer '{tokenizerJsonPath}'.");
        }

        using var stream = file.OpenRead();
        return file.Extension == ".txt"
            ? Parse(VocabularyText.ToJson(Whole(stream, limits)), limits)
            : Parse(stream, limits);
    }

    /// <summary>Reads a <c>tokenizer.json</c> from a stream, up to the limit.</summary>
    /// <exception cref="TokenizerException">As for <see cref="Load"/>.</exception>
    public static Tokenizer Parse(Stream stream, TokenizerLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        limits ??= new();
        return Parse(Whole(stream, limits), limits);
    }

    private static ReadOnlyMemory<byte> Whole(Stream stream, TokenizerLimits limits)
    {
        using var buffer = new MemoryStream();
        var block = new byte[81_920];
        for (int count; (count = stream.Read(block)) > 0;)
        {
            if (buffer.Length + count > limits.MaxFileBytes)
            {
                throw new TokenizerException("too-large", $"tokenizer.json has more than {limits.MaxFileBytes} bytes.");
            }

            buffer.Write(block, 0, count);
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    /// <summary>Reads a <c>tokenizer.json</c> from memory.</summary>
    /// <exception cref="TokenizerException">As for <see cref="Load"/>.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> utf8, TokenizerLimits? limits = null)
    {
        limits ??= new();
        // A byte order mark is not JSON, but some editors write one.
        return new(TokenizerJson.Read(utf8.Span.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8, limits), limits);
    }

    /// <summary>Token ids of a text; special tokens written out in it are recognised.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">Checked between matches of a pattern.</param>
    /// <exception cref="TokenizerException">When the text is too long, or a pattern takes too long on it.</exception>
    public IReadOnlyList<int> Encode(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > _limits.MaxTextLength)
        {
            throw new TokenizerException(
                "text-too-long",
                $"The text has {text.Length} characters; at most {_limits.MaxTextLength} are encoded at once. Encode it in parts.");
        }

        var ids = new List<int>((text.Length / 3) + 1);
        foreach (var raw in _rawTokens.Split(text))
        {
            if (raw.Token is { } token)
            {
                ids.Add(token);
                continue;
            }

            var normalized = Normalize(text.Substring(raw.Start, raw.Length), cancellationToken);
            foreach (var segment in _normalizedTokens.Split(normalized))
            {
                if (segment.Token is { } normalizedToken)
                {
                    ids.Add(normalizedToken);
                    continue;
                }

                var first = raw.Start == 0 && segment.Start == 0;
                foreach (
                    var word in PreTokenizer.Run(
                        _json.PreTokenizers,
                        normalized.Substring(segment.Start, segment.Length),
                        first,
                        cancellationToken))
                {
                    _json.Model.Encode(word, ids);
                }
            }
        }

        return ids;
    }

    /// <summary>Token ids of a text as an encoder takes it: with the special tokens that the tokenizer puts before and after, such as <c>[CLS] … [SEP]</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxTokens">Most ids; the text's own are cut to fit.</param>
    /// <param name="cancellationToken">Checked between matches of a pattern.</param>
    /// <exception cref="TokenizerException">As for <see cref="Encode"/>.</exception>
    public IReadOnlyList<int> EncodeWhole(string text, int maxTokens, CancellationToken cancellationToken = default)
    {
        var room = Math.Max(0, maxTokens - _json.Template.Before.Count - _json.Template.After.Count);
        return [.. _json.Template.Before, .. Encode(text, cancellationToken).Take(room), .. _json.Template.After];
    }

    /// <summary>Text of token ids; ids that the tokenizer does not know are left out.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">False to write special tokens out.</param>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(ids);
        IReadOnlyList<string> tokens = [.. ids
            .Where(id => !(skipSpecialTokens && _special.Contains(id)))
            .Select(id => _names.GetValueOrDefault(id))
            .OfType<string>()];
        if (_json.Decoders.Count == 0)
        {
            return string.Join(' ', tokens);
        }

        return string.Concat(_json.Decoders.Aggregate(tokens, (current, decoder) => decoder.Apply(current)));
    }

    /// <summary>Id of a token as the vocabulary writes it, or null.</summary>
    public int? TokenId(string token) => _json.Vocabulary.TryGetValue(token, out var id) ? id : null;

    private string Normalize(string text, CancellationToken cancellationToken) =>
        _json.Normalizers.Aggregate(text, (current, step) => step.Apply(current, _limits.MaxTextLength, cancellationToken));

    /// <summary>Special tokens alone: a vocabulary may hold <c>&lt;/s&gt;</c> as a piece of markup.</summary>
    private int? FirstKnown(string[] names) =>
        names.Where(SpecialTokens.ContainsKey).Select(TokenId).FirstOrDefault();
}
