using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;

namespace SlmOps.EdgeAgent.Tests.Planning;

public sealed class VariantChoiceTests
{
    private static readonly VariantFigures NoFigures = new(null, null, null, null, null, null, null, null);

    private static readonly Hardware Ordinary = new(100, new(1, 31, 1), new HashSet<string> { "avx2" });

    // Name, bytes, memory, perplexity change, tokens a second.
    private static readonly VariantOffer[] Language =
    [
        Offer("fp32", 900, 90, change: 0, speed: 50),
        Offer("int8", 400, 40, change: 0.0002, speed: 60),
        Offer("int8-dynamic", 380, 45, change: 0.0052, speed: 120),
        Offer("int4-mixed", 330, 35, change: 0.0081, speed: 55),
        Offer("int4", 280, 30, change: 0.0272, speed: 58),
    ];

    [Theory]
    [InlineData("Balanced", 100, "int4-mixed")]
    [InlineData("Quality", 100, "fp32")]
    [InlineData("Speed", 100, "int8-dynamic")]
    [InlineData("Size", 100, "int4")]
    [InlineData("Quality", 89, "int8")]
    [InlineData("Speed", 44, "int8")]
    [InlineData("Balanced", 35, "int4-mixed")]
    [InlineData("Balanced", 34, "int4")]
    [InlineData("Balanced", 29, null)]
    public void Choose_LanguageModel_FollowsThePreferenceWithinTheBudget(string preference, long ram, string? expected) =>
        Assert.Equal(expected, Choose(Language, Ordinary with { RamBytes = ram }, Enum.Parse<Preference>(preference)).Chosen?.Name);

    // As the lab finds int8-dynamic with signed weights: saturates on AVX2 alone.
    [Theory]
    [InlineData(ProcessorClass.X64V3, "int8")]
    [InlineData(ProcessorClass.X64V4Vnni, "int8-dynamic")]
    [InlineData(ProcessorClass.Arm64, "int8-dynamic")]
    [InlineData(null, "int8-dynamic")]
    public void Choose_VariantThatFailedInTheLabOnAClass_IsNotForDevicesOfIt(string? processorClass, string expected)
    {
        VariantOffer[] offers =
        [
            Offer("int8", 400, 40, change: 0.0002, speed: 60),
            Offer("int8-dynamic", 380, 45, change: 0.0052, speed: 120) with
            {
                PassedClasses = [ProcessorClass.X64V4Vnni],
                FailedClasses = [ProcessorClass.X64V3],
            },
        ];

        var decision = Choose(offers, Ordinary, Preference.Speed, processorClass);

        Assert.Equal(expected, decision.Chosen?.Name);
        Assert.Equal(
            processorClass == ProcessorClass.X64V3
                ? [new("int8-dynamic", "failed in the device lab on processors of the class x86-64-v3")]
                : Array.Empty<VariantRefusal>(),
            decision.Refused);
    }

    [Fact]
    public void Choose_NothingFits_EachRefusalSaysWhy()
    {
        VariantOffer[] offers =
        [
            Offer("big", 1, 3 << 20),
            Offer("new", 1, 1, ort: "1.32.0"),
            Offer("odd", 1, 1, ort: "latest"),
            Offer("fast", 1, 1) with { Needs = new(1, "1.20.0", ["avx2", "avx512f", "amx"]) },
            Offer("bad", 1, 1),
        ];
        var condemned = new HashSet<Digest> { offers[^1].Manifest };

        var decision = VariantChoice.Choose(offers, Ordinary with { RamBytes = 2 << 20 }, Preference.Balanced, condemned, null);

        Assert.Null(decision.Chosen);
        Assert.Equal(
            [
                new("big", "needs 3 MiB of memory, the budget is 2 MiB"),
                new("new", "needs ONNX Runtime 1.32.0, this is 1.31.1"),
                new("odd", "needs ONNX Runtime latest, this is 1.31.1"),
                new("fast", "needs avx512f, amx"),
                new VariantRefusal("bad", "failed on this device before"),
            ],
            decision.Refused);
        Assert.Contains("big needs 3 MiB", decision.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0099, "small")]
    [InlineData(0.0100, "large")] // ln 1.01 is 0.00995
    public void Choose_OnlyDivergenceMeasured_ToleratesWhatOnePercentOfPerplexityIs(double kl, string expected) =>
        Assert.Equal(
            expected,
            Choose(
                [
                    Figures("small", 1, new(null, null, kl, null, null, null, null, null)),
                    Figures("large", 2, new(null, null, 0.001, null, null, null, null, null)),
                ],
                Ordinary,
                Preference.Balanced).Chosen!.Name);

    [Theory]
    [InlineData(0.9951, "small")]
    [InlineData(0.9949, "original")]
    public void Choose_Encoder_ToleratesASmallDistanceOfEmbeddingsWhateverTheNoise(double cosine, string expected) =>
        Assert.Equal(
            expected,
            Choose(
                [
                    Figures("small", 1, NoFigures with { SqnrDb = 12, Cosine = cosine }),
                    Figures("original", 2, NoFigures with { SqnrDb = 200, Cosine = 1 }),
                ],
                Ordinary,
                Preference.Balanced).Chosen!.Name);

    [Theory]
    [InlineData(25.1, "small")]
    [InlineData(24.9, "original")]
    public void Choose_OtherModel_ToleratesTwentyFiveDecibelsAndTakesTheOriginalAsExact(double sqnr, string expected) =>
        Assert.Equal(
            expected,
            Choose(
                [
                    Figures("small", 1, new(null, null, null, null, sqnr, null, null, null)),
                    Figures("original", 2, new(null, null, null, null, null, null, null, null)),
                ],
                Ordinary,
                Preference.Balanced).Chosen!.Name);

    [Fact]
    public void Choose_UnmeasuredVariant_RanksBehindEveryMeasuredOne() =>
        Assert.Equal(
            "bad",
            Choose(
                [
                    Figures("unknown", 1, new(null, null, null, null, null, null, null, null)),
                    Figures("bad", 2, new(null, 0.5, null, null, null, null, null, null)),
                ],
                Ordinary,
                Preference.Quality).Chosen!.Name);

    [Fact]
    public void Choose_NoneTolerable_TakesTheLeastLoss() =>
        Assert.Equal(
            "b",
            Choose([Offer("a", 1, 1, change: 0.05), Offer("b", 9, 1, change: 0.02)], Ordinary, Preference.Balanced).Chosen!.Name);

    [Fact]
    public void Choose_Ties_FallToFewerBytesThenTheName() =>
        Assert.Equal(
            "a",
            Choose([Offer("b", 5, 1, 0), Offer("a", 5, 1, 0), Offer("c", 6, 1, 0)], Ordinary, Preference.Quality).Chosen!.Name);

    private static VariantDecision Choose(
        VariantOffer[] offers, Hardware hardware, Preference preference, string? processorClass = null) =>
        VariantChoice.Choose(offers, hardware, preference, new HashSet<Digest>(), processorClass);

    private static VariantOffer Offer(string name, long bytes, long ram, double? change = 0, double? speed = null, string ort = "1.20.0") =>
        Figures(name, bytes, new(null, change, null, null, null, speed, null, null)) with { Needs = new(ram, ort, []) };

    private static VariantOffer Figures(string name, long bytes, VariantFigures figures) =>
        new(name, Digest.Of(System.Text.Encoding.UTF8.GetBytes(name)), 10, bytes, name, new(1, "1.20.0", []), figures);
}
