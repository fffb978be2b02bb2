using SlmOps.Contracts;
using SlmOps.Inference.Samples;

namespace SlmOps.Inference.Smoke;

/// <summary>What a model says of texts, computed as it is and in the other ways that this machine knows.</summary>
/// <param name="Texts">As it is.</param>
/// <param name="Twins">The same in other ways; one that cannot be opened is missing.</param>
/// <param name="IsRounded">True when operators of the graph round to few bits.</param>
public sealed record RecordedTexts(IReadOnlyList<SmokeText> Texts, IReadOnlyList<IReadOnlyList<SmokeText>> Twins, bool IsRounded);

/// <summary>Runs of a model that is no language model.</summary>
/// <param name="Runs">Inputs, and outputs that every way of computing gives as finite numbers of one shape; without runs there are none.</param>
/// <param name="Noise">Largest relative error between the ways to compute them.</param>
/// <param name="IsRounded">True when operators of the graph round to few bits.</param>
public sealed record RecordedRuns(IReadOnlyList<SmokeRun> Runs, double Noise, bool IsRounded);

/// <summary>Writes down what a model computes here, for devices to compare with.</summary>
internal static class SmokeRecorder
{
    private const int Samples = 2;
    private static readonly Twin[] Twins = [Twin.Unoptimized, Twin.Exact];

    internal static RecordedTexts Texts(LanguageModel model, LanguageModelOptions options, IReadOnlyList<ForcedText> texts) => new(
        ForcedRun.Run(model, texts, CancellationToken.None),
        [.. Twins.Select(twin => Try(() =>
        {
            using var other = LanguageModel.Open(model.ModelPath, options with { Twin = twin });
            return ForcedRun.Run(other, texts, CancellationToken.None);
        })).OfType<IReadOnlyList<SmokeText>>()],
        RoundedGraph.Is(model.ModelPath));

    internal static RecordedRuns Runs(string modelPath, OutputComparisonOptions options)
    {
        using var model = FixedRun.Open(modelPath, options.Threads);
        var ports = TensorPort.From(model.Session.InputMetadata);
        if (ports.Count < model.Session.InputMetadata.Count)
        {
            return new([], 0, false);
        }

        var source = SampleSource.For(model.Session, modelPath, ports, options, CancellationToken.None);
        var runs = new List<SmokeRun>();
        for (var sample = 0; sample < Math.Min(Samples, source.Count); sample++)
        {
            using var values = source.Create(sample);
            List<SmokeInput> inputs = [.. values.Inputs.Select(pair => FixedInputs.Describe(pair.Key, pair.Value)).OfType<SmokeInput>()];
            if (inputs.Count == values.Inputs.Count)
            {
                var outputs = model.Run(inputs, model.Outputs);
                runs.Add(new(inputs, [.. outputs.Where(output => output.Values.Count > 0 && output.Values.All(double.IsFinite))]));
            }
        }

        return Twins.Aggregate(
            new RecordedRuns(runs, 0, RoundedGraph.Is(modelPath)),
            (recorded, twin) => Try(() => Beside(recorded, modelPath, options, twin)) ?? recorded);
    }

    /// <summary>Keeps the outputs that a twin gives as well, and says how far it is off.</summary>
    private static RecordedRuns Beside(RecordedRuns recorded, string modelPath, OutputComparisonOptions options, Twin twin)
    {
        using var model = FixedRun.Open(modelPath, options.Threads, twin: twin);
        var noise = recorded.Noise;
        var runs = recorded.Runs.Select(run =>
        {
            var found = model.Run(run.Inputs, run.Outputs.ToDictionary(output => output.Name, output => output.Values.Count));
            List<SmokeOutput> kept = [.. run.Outputs.Zip(found)
                .Where(pair => pair.First.Shape.SequenceEqual(pair.Second.Shape) && pair.Second.Values.All(double.IsFinite))
                .Select(pair =>
                {
                    noise = Math.Max(noise, SmokeJudge.RelativeError(pair.First.Values, pair.Second.Values));
                    return pair.First;
                })];
            return run with { Outputs = kept };
        }).ToList();
        return recorded with { Runs = runs, Noise = noise };
    }

    /// <summary>A way of computing that fails says nothing of the model: it runs as it is.</summary>
    private static T? Try<T>(Func<T> run)
        where T : class
    {
        try
        {
            return run();
        }
        catch (Exception exception) when (exception is ModelOpenException or InferenceException)
        {
            return null;
        }
    }
}
