using SlmOps.Quantizer.Options;

namespace SlmOps.Quantizer.Tests.Options;

public sealed class OptionCheckerTests
{
    public static TheoryData<QuantizationOptions, string, string> Bad => new()
    {
        { new() { Recipe = "int4", SizeBudget = 1 << 20 }, "sizeBudget", "has no effect in recipe int4" },
        { new() { Recipe = "int8", ErrorBudget = 0.1 }, "errorBudget", "has no effect in recipe int8" },
        { new() { Recipe = "int4", SignedWeights = true }, "signedWeights", "has no effect in recipe int4" },
        { new() { Recipe = "int8", ReduceRange = true }, "reduceRange", "has no effect in recipe int8" },
        { new() { Recipe = "int4", Promote = ["*"] }, "promote", "has no effect in recipe int4" },
        { new() { Recipe = "int8", Feedback = true }, "feedback", "has no effect in recipe int8" },
        { new() { Recipe = "fp16", Search = false }, "search", "has no effect in recipe fp16" },
        { new() { Recipe = "fp16", Sparsity = 0.5 }, "sparsity", "has no effect in recipe fp16" },
        { new() { Recipe = "prune", Sparsity = 0.5, BlockSize = 32 }, "blockSize", "has no effect in recipe prune" },
        { new() { Recipe = "prune", Sparsity = 0.5, Embeddings = true }, "embeddings", "has no effect in recipe prune" },
        { new() { Recipe = "prune" }, "sparsity", "is missing: recipe prune does nothing without it" },
        { new() { Recipe = "prune", TwoOfFour = true, Sparsity = 0.5 }, "sparsity", "twoOfFour is given" },
        { new() { Recipe = "auto", SizeBudget = 1 << 20, ErrorBudget = 0.1 }, "errorBudget", "sizeBudget is given" },
        { new() { Recipe = "int4", Search = false, Feedback = true }, "feedback", "there is no feedback without search" },
        { new() { Recipe = "int4", BlockSize = 48 }, "blockSize", "cannot be 48" },
        { new() { Recipe = "int4", BlockSize = -1 }, "blockSize", "cannot be" },
        { new() { Recipe = "int8", AccuracyLevel = 2 }, "accuracyLevel", "cannot be 2" },
        { new() { Recipe = "fp16", AccuracyLevel = 1 }, "accuracyLevel", "has no effect in recipe fp16" },
        { new() { Recipe = "prune", Sparsity = 0 }, "sparsity", "cannot be 0" },
        { new() { Recipe = "prune", Sparsity = 0.96 }, "sparsity", "cannot be 0.96" },
        { new() { Recipe = "prune", Sparsity = double.NaN }, "sparsity", "cannot be NaN" },
        { new() { Recipe = "auto", SizeBudget = 0 }, "sizeBudget", "cannot be 0" },
        { new() { Recipe = "auto", ErrorBudget = -0.1 }, "errorBudget", "cannot be -0.1" },
        { new() { Recipe = "int4", Threads = 0 }, "threads", "cannot be 0" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Check_OptionThatWouldBeIgnoredOrIsWrong_IsNamed(QuantizationOptions options, string option, string what)
    {
        var problem = Assert.Single(OptionChecker.Check(options));

        Assert.Equal(option, problem.Option.Name);
        Assert.Contains(what, problem.What, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Cure);
    }

    public static TheoryData<QuantizationOptions> Good =>
        new()
        {
            new QuantizationOptions
            {
                Recipe = "int8-dynamic",
                Embeddings = true,
                BlockSize = 64,
                Symmetric = true,
                Search = false,
                ReduceRange = true,
                SignedWeights = true,
            },
            new QuantizationOptions
            {
                Recipe = "int4",
                Feedback = true,
                Sparsity = 0.2,
                Include = ["a"],
                Exclude = ["b"],
                KeepFloat = ["c"],
                Threads = 2,
            },
            new QuantizationOptions
            {
                Recipe = "int4",
                Feedback = false,
                Search = false,
            },
            new QuantizationOptions { Recipe = "int4-mixed", Promote = [] },
            new QuantizationOptions
            {
                Recipe = "auto",
                SizeBudget = 1,
                BlockSize = 16,
            },
            new QuantizationOptions { Recipe = "auto", ErrorBudget = 1e9 },
            new QuantizationOptions { Recipe = "prune", TwoOfFour = true },
        };

    [Theory]
    [MemberData(nameof(Good))]
    public void Check_OptionsOfTheRecipe_AreTaken(QuantizationOptions options) => Assert.Empty(OptionChecker.Check(options));

    [Fact]
    public void Quantize_ManyMistakes_AreSaidAtOnceBeforeTheFileIsOpened()
    {
        var refused = Assert.Throws<ModelQuantizationException>(() =>
            ModelQuantizer.Quantize(
                "/nowhere.onnx",
                "out.onnx",
                new()
                {
                    Recipe = "int4",
                    BlockSize = 7,
                    SizeBudget = 5,
                    Threads = 0,
                },
                null,
                CancellationToken.None));

        Assert.Equal(["bad-option", "bad-option", "bad-option"], refused.Problems.Select(problem => problem.Code));
        Assert.Contains("Leave it out, or use it with auto.", refused.Message, StringComparison.Ordinal);
    }
}
