using System.Collections.Concurrent;
using SlmOps.Inference.Sandbox;
using SlmOps.Inference.Trials;
using SlmOps.Pipeline.Processors;

namespace SlmOps.Pipeline.Lab;

/// <summary>
/// Tries every variant on every processor: first on this machine, whose results the others are compared with, then on as many
/// processors at once as the machine has cores.
/// </summary>
/// <param name="tools">What this machine has.</param>
/// <param name="processors">Which to try; this machine's is always among them.</param>
/// <param name="text">What to run.</param>
/// <param name="time">Clock of the limits.</param>
public sealed class LabRun(LabTools tools, IReadOnlyList<LabProcessor> processors, LabText text, TimeProvider time)
{
    // Each takes half a gigabyte for its emulator alone.
    private const int MostAtOnce = 4;

    /// <summary>Limits of a process that does so much, beside what an emulator needs: by what the machine has, unless somebody says.</summary>
    public Func<RunSize, RunLimits> Limits { get; init; } = size => RunLimitPlan.For(
        size, RunLimitPlan.MemoryOf(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes), LabBench.MostCpu, threads: 1);

    /// <summary>Folder for what this machine predicts; null for the system's temporary one.</summary>
    public string? WorkFolder { get; init; }

    /// <summary>After so long no emulated processor is tried any more; null for no end.</summary>
    public TimeSpan? Budget { get; init; }

    /// <summary>Runs it all. What kills a process is a row like any other.</summary>
    /// <param name="models">The variants; the original among them is what the others are compared with, too.</param>
    /// <param name="progress">Gets each row as it comes, and how much is done.</param>
    /// <param name="cancellationToken">Ends everything that runs.</param>
    public async Task<LabReport> RunAsync(
        IReadOnlyList<LabModel> models, IProgress<LabProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(models);
        var folder = WorkFolder is null
            ? Directory.CreateTempSubdirectory("slmops-lab-")
            : Directory.CreateDirectory(Path.Combine(WorkFolder, "predictions"));
        using var budget = new CancellationTokenSource(Budget ?? Timeout.InfiniteTimeSpan, time);
        try
        {
            var bench = new LabBench(tools, Limits, time);
            var tried = models.Where(model => !model.IsReference).ToList();
            var steps = new LabSteps(progress, models.Count + (tried.Count * processors.Count(NeedsOwnRun)));
            var natives = new Dictionary<string, LabRow>();
            var original = models.FirstOrDefault(model => model.IsOriginal);
            // The original first: what it predicts here is the other reference.
            foreach (var model in models.OrderBy(model => !model.IsOriginal))
            {
                var row = await TryAsync(
                    bench, model, LabProcessors.Native, original, folder.FullName, natives, steps, cancellationToken).ConfigureAwait(false);
                natives[model.Name] = steps.Add(row);
            }

            var others = tried.SelectMany(model => processors.Where(NeedsOwnRun).Select(one => (Model: model, Processor: one)));
            var rows = new ConcurrentBag<LabRow>(natives.Values);
            await Parallel.ForEachAsync(
                others,
                new ParallelOptions
                {
                    MaxDegreeOfParallelism = Math.Clamp(Environment.ProcessorCount, 1, MostAtOnce),
                    CancellationToken = cancellationToken,
                },
                async (pair, stop) =>
                {
                    using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, budget.Token);
                    LabRow row;
                    try
                    {
                        row = await TryAsync(
                            bench, pair.Model, pair.Processor, original, folder.FullName, natives, steps, ended.Token)
                            .ConfigureAwait(false);
                    }
                    catch (OperationCanceledException) when (budget.IsCancellationRequested && !stop.IsCancellationRequested)
                    {
                        row = LabTable.NotTried(
                            pair.Model, pair.Processor, $"the lab has {Budget!.Value.TotalMinutes:0} minutes, and they were over");
                    }

                    rows.Add(steps.Add(row));
                }).ConfigureAwait(false);
            return LabTable.Of(tried, processors, [.. rows], text);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A machine that has AVX-512 VNNI has shown it with its own run.</summary>
    private static bool NeedsOwnRun(LabProcessor processor) =>
        processor != LabProcessors.Native && !(processor == LabProcessors.Vnni && LabProcessors.NativeHasVnni);

    private async Task<LabRow> TryAsync(
        LabBench bench,
        LabModel model,
        LabProcessor processor,
        LabModel? original,
        string folder,
        Dictionary<string, LabRow> natives,
        LabSteps steps,
        CancellationToken cancellationToken)
    {
        if ((tools.Missing(processor) ?? LabTable.TooOld(model, processor)) is { } missing)
        {
            return LabTable.NotTried(model, processor, missing);
        }

        if (processor.Runtime is not null)
        {
            var runtime = await new LabRuntimeBench(tools, time).TryAsync(
                model, processor, text.Tokens, new(Recorded(model), original is null ? null : Recorded(original)), cancellationToken)
                .ConfigureAwait(false);
            return LabTable.Judge(runtime, natives[model.Name]);
        }

        var isNative = processor == LabProcessors.Native;
        // Multiplications of floats are what an emulator is slowest at, and floats differ least: one window is enough of the original.
        // The original on this machine is what the others are measured by, and has nothing to be measured by itself.
        var references = new LabReferences(
            isNative ? null : Recorded(model), original is null || (isNative && model.IsOriginal) ? null : Recorded(original));
        var ask = new TrialRequest
        {
            Tokens = model.IsOriginal && !isNative ? [.. text.Tokens.Take(text.WindowTokens + 1)] : text.Tokens,
            WindowTokens = text.WindowTokens,
            StepWindows = Math.Max(1, text.Tokens.Count / text.WindowTokens / 2),
            Record = isNative ? Directory.CreateDirectory(FolderOf(model)).FullName : null,
            References = references.Folders,
            Samples = text.Samples,
        };
        var row = await bench.TryAsync(model, processor, ask, steps.Start(model, processor), cancellationToken).ConfigureAwait(false);
        return LabTable.Judge(references.Fill(row), isNative ? null : natives[model.Name]);

        string FolderOf(LabModel one) => Path.Combine(folder, one.Name);
        string? Recorded(LabModel one) => natives.TryGetValue(one.Name, out var native) && native.Trial is not null ? FolderOf(one) : null;
    }
}

/// <summary>How far the lab is.</summary>
/// <param name="Done">Share that is done, 0 to 1.</param>
/// <param name="Row">A row that just came; null when one is still at work.</param>
public sealed record LabProgress(double Done, LabRow? Row);
