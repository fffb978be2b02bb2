using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.Inference;

/// <summary>
/// One sequence under construction. With a key/value cache each call computes only the new tokens, and the cache stays
/// in the tensors that ONNX Runtime returned; without one each call computes the whole sequence again. Not thread safe.
/// </summary>
public sealed class DecodeSession : IDisposable
{
    private readonly LanguageModel _model;
    private readonly string[] _outputNames;
    private readonly List<int> _tokens = [];
    private IReadOnlyList<OrtValue> _cache = [];
    private IDisposable? _outputs;
    private float[] _converted = [];

    internal DecodeSession(LanguageModel model)
    {
        _model = model;
        _outputNames = [model.Ports.Logits.Name, .. model.Ports.Cache.Select(port => port.Present)];
        Reset();
    }

    /// <summary>Tokens so far.</summary>
    public int Length { get; private set; }

    /// <summary>Adds tokens and gives the logits of the token after each of them.</summary>
    /// <param name="tokens">Token ids, at least one, each in [0, vocabulary).</param>
    /// <param name="allLogits">True for a row per given token, false for the row of the last one alone.</param>
    /// <param name="cancellationToken">Stops the run, also within the forward pass; the sequence is as before then.</param>
    /// <returns>
    /// Rows of vocabulary-size float32 values. They are valid until the next call of this session: copy what must last.
    /// </returns>
    /// <exception cref="ArgumentException">When there are no tokens, one is outside the vocabulary, or they exceed the model's positions.</exception>
    /// <exception cref="InferenceException">When the model fails; the sequence is as before then.</exception>
    public ReadOnlySpan<float> Append(ReadOnlySpan<int> tokens, bool allLogits, CancellationToken cancellationToken = default)
    {
        Check(tokens);
        var hasCache = _model.Shape.HasKvCache;
        var count = _tokens.Count;
        if (!hasCache)
        {
            _tokens.AddRange(tokens);
        }

        try
        {
            var run = DecoderStep.Run(
                _model,
                _outputNames,
                hasCache ? tokens : _tokens.ToArray(),
                hasCache ? Length : 0,
                _cache,
                allLogits ? tokens.Length : 1,
                cancellationToken);
            var logits = Rows(run[0], allLogits ? tokens.Length : 1, run);
            _outputs?.Dispose();
            _outputs = run;
            _cache = [.. run.Skip(1)];
            Length += tokens.Length;
            return logits;
        }
        catch
        {
            _tokens.RemoveRange(count, _tokens.Count - count);
            throw;
        }
    }

    /// <summary>Empties the sequence.</summary>
    public void Reset()
    {
        _outputs?.Dispose();
        var empty = new OwnedValues(_model.Ports.Cache.Select(port =>
            OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, port.Type, [1, port.Heads, 0, port.HeadSize])));
        _outputs = empty;
        _cache = empty.Values;
        _tokens.Clear();
        Length = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _outputs?.Dispose();
        _outputs = null;
        _cache = [];
    }

    private void Check(ReadOnlySpan<int> tokens)
    {
        ObjectDisposedException.ThrowIf(_outputs is null, this);
        if (tokens.IsEmpty)
        {
            throw new ArgumentException("There is no token to append.", nameof(tokens));
        }

        var shape = _model.Shape;
        if (shape.MaxPositions is { } max && tokens.Length > max - Length)
        {
            throw new ArgumentException(
                $"'{_model.ModelPath}' has {max} positions; {Length} tokens and {tokens.Length} more do not fit.",
                nameof(tokens));
        }

        foreach (var token in tokens)
        {
            // An unknown vocabulary size is found out by a probe with token 0.
            if (token < 0 || (token >= shape.VocabularySize && shape.VocabularySize > 0))
            {
                throw new ArgumentException(
                    $"Token {token} is outside the vocabulary of '{_model.ModelPath}', 0 to {shape.VocabularySize - 1}.",
                    nameof(tokens));
            }
        }
    }

    /// <summary>The last rows of the logits; a model may give one row or a row per token it was given.</summary>
    private ReadOnlySpan<float> Rows(OrtValue logits, int wanted, IDisposable run)
    {
        var shape = logits.GetTensorTypeAndShape().Shape;
        if (shape.Length != 3 || shape[0] != 1 || shape[1] < wanted || shape[2] < 1
            || (_model.Shape.VocabularySize > 0 && shape[2] != _model.Shape.VocabularySize))
        {
            run.Dispose();
            throw new InferenceException(
                _model.ModelPath,
                $"'{_model.ModelPath}' gave logits of shape [{string.Join(", ", shape)}] where [1, at least {wanted}, "
                    + $"{_model.Shape.VocabularySize}] was due."
            );
        }

        var vocabulary = checked((int)shape[2]);
        return TensorData.AsFloats(
            logits,
            _model.Ports.Logits.Type,
            checked((int)(shape[1] - wanted) * vocabulary),
            checked(wanted * vocabulary),
            ref _converted);
    }
}
