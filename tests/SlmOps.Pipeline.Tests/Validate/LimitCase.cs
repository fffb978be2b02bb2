using SlmOps.EndToEnd.Tests.Parts;

namespace SlmOps.Pipeline.Tests.Validate;

/// <summary>An upload that is harmless under the limits that a platform has, and too much for those of <see cref="LimitBench"/>.</summary>
/// <param name="Name">Says what it is: the limit, how it is reached, and how the model is judged.</param>
/// <param name="Make">The upload, of a name and version.</param>
/// <param name="Verdict">What the reason of the original's verdict must hold: the word for it, then a figure.</param>
internal sealed record LimitCase(string Name, Func<string, string, Upload> Make, params string[] Verdict)
{
    /// <summary>The signal that ends its process, for a model that does nothing wrong itself.</summary>
    internal int Signal { get; init; }

    /// <summary>True when its host allows few threads.</summary>
    internal bool FewThreads { get; init; }

    internal static IReadOnlyList<LimitCase> All { get; } = [.. Memory(), .. Time(), .. NotFinite(), .. Output(), .. Crash(), .. Threads()];

    public override string ToString() => Name;

    private static IEnumerable<LimitCase> Memory() =>
        from kind in Costs.Memory
        from text in (bool[])[false, true]
        select new LimitCase(
            $"memory {kind} {Judged(text)}", (name, version) => Costly(name, version, text, kind), "out-of-memory: ", "201 MB");

    private static IEnumerable<LimitCase> Time() =>
        from kind in Costs.Time
        from text in (bool[])[false, true]
        select new LimitCase(
            $"time {kind} {Judged(text)}", (name, version) => Costly(name, version, text, kind), "too-slow: ", "at its peak, processor ");

    private static IEnumerable<LimitCase> NotFinite() =>
        from kind in Costs.NotFinite
        from text in (bool[])[false, true]
        select new LimitCase($"nan {kind} {Judged(text)}", (name, version) => Costly(name, version, text, kind), text
            ? "perplexity on the evaluation text is not a finite number"
            : "outputs are not finite numbers");

    private static IEnumerable<LimitCase> Output() =>
        from letters in (int[])[12_000, 16_000, 20_000, 24_000]
        select new LimitCase(
            $"output of {letters} letters",
            (name, version) => Models.Decoder(name, version, letters, "int8").With("eval.txt", Upload.Text(Models.Evaluation(letters))),
            "too-much-output: ",
            "1 MB");

    private static IEnumerable<LimitCase> Crash() =>
        from signal in (int[])[4, 6, 7, 11]
        select new LimitCase(
            $"crash by signal {signal}", (name, version) => Costly(name, version, false, Costs.Time[0]), "crashed: ", "at its peak")
        {
            Signal = signal,
        };

    private static IEnumerable<LimitCase> Threads() =>
        from text in (bool[])[false, true]
        select new LimitCase(
            $"threads {Judged(text)}",
            (name, version) => text ? Models.Decoder(name, version, 3, "int8") : Models.Mlp(name, version, 3, "int8"),
            "too-many-threads: ",
            " threads where 2 are allowed")
        {
            FewThreads = true,
        };

    private static string Judged(bool text) => text ? "by its text" : "by its outputs";

    private static Upload Costly(string name, string version, bool text, string kind)
    {
        var model = text
            ? OnnxModels.Decoder(1).Change(Costs.Of(kind, "input_ids", "logits"))
            : OnnxModels.Mlp(1).Change(Costs.Of(kind, "x", "y"));
        return (text ? Models.Decoder(name, version, 1, "int8") : Models.Mlp(name, version, 1, "int8")).With("model.onnx", model.Bytes());
    }
}
