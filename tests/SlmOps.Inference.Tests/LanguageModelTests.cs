namespace SlmOps.Inference.Tests;

public sealed class LanguageModelTests : IDisposable
{
    private readonly LanguageModel _model = LanguageModel.Open(Sample.Model, new());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Open_Sample_ReadsItsShape()
    {
        Assert.Equal(
            new ModelShape
            {
                VocabularySize = 2048,
                Layers = 4,
                KvHeads = 3,
                HeadSize = 32,
                HasKvCache = true,
                MaxPositions = 128,
                NeedsPositionIds = true,
                NeedsAttentionMask = true,
                TokenType = "int64",
                CacheType = "float32",
                LogitsType = "float32",
            },
            _model.Shape);
    }

    [Fact]
    public void GenerateGreedy_EverySmokePrompt_GivesTheRecordedTokens()
    {
        var prompts = Sample.SmokePrompts();
        Assert.Equal(6, prompts.Count);
        foreach (var (text, prompt, greedy) in prompts)
        {
            Assert.True(greedy.SequenceEqual(_model.GenerateGreedy(prompt, greedy.Length, Token)), text);
        }
    }

    [Fact]
    public void Append_TokenByToken_EqualsOneForwardPass()
    {
        var tokens = Sample.SmokePrompts()[0].Prompt;
        using var whole = _model.NewSession();
        var expected = whole.Append(tokens, allLogits: true, Token).ToArray();
        using var stepwise = _model.NewSession();
        for (var i = 0; i < tokens.Length; i++)
        {
            var row = stepwise.Append([tokens[i]], allLogits: true, Token).ToArray();
            Assert.Equal(2048, row.Length);
            for (var v = 0; v < row.Length; v++)
            {
                Assert.Equal(expected[(i * 2048) + v], row[v], 1e-3f);
            }
        }

        Assert.Equal(tokens.Length, stepwise.Length);
    }

    [Fact]
    public void Append_LastLogitsOnly_AreTheLastRow()
    {
        var tokens = Sample.SmokePrompts()[1].Prompt;
        using var session = _model.NewSession();
        var all = session.Append(tokens, allLogits: true, Token).ToArray();
        session.Reset();
        Assert.Equal(0, session.Length);
        Assert.Equal(all[^2048..], session.Append(tokens, allLogits: false, Token).ToArray());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2048)]
    public void Append_TokenOutsideTheVocabulary_Throws(int token)
    {
        using var session = _model.NewSession();
        Assert.Contains(
            "2047",
            Assert
                .Throws<ArgumentException>(() =>
                {
                    session.Append([1, token], allLogits: false, Token);
                })
                .Message,
            StringComparison.Ordinal);
        Assert.Equal(0, session.Length);
    }

    [Fact]
    public void Append_MoreThanTheModelsPositions_Throws()
    {
        using var session = _model.NewSession();
        session.Append(new int[128], allLogits: false, Token);
        Assert.Contains(
            "128 positions",
            Assert
                .Throws<ArgumentException>(() =>
                {
                    session.Append([1], allLogits: false, Token);
                })
                .Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void GenerateGreedy_PastTheLastPosition_Stops() =>
        Assert.Equal(29, _model.GenerateGreedy(new int[100], 1000, Token).Count);

    [Fact]
    public void GenerateGreedy_Cancelled_Throws()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => _model.GenerateGreedy([0], 1, cancelled.Token));
    }
}
