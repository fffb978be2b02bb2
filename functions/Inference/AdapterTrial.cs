using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SlmOps.Inference;

/// <summary>What adapters do to a model.</summary>
/// <param name="IsFinite">True when every output is a finite number.</param>
/// <param name="IsChanged">True when an output differs from that of the model alone.</param>
public sealed record AdapterTrialResult(bool IsFinite, bool IsChanged);

/// <summary>What one set of adapters did, or why it could not be tried.</summary>
/// <param name="Result">What it did.</param>
/// <param name="Refusal">Why it could not be tried.</param>
public sealed record AdapterOutcome(AdapterTrialResult? Result, string? Refusal);

/// <summary>Runs a model alone, once, and with each set of adapters, on the same inputs.</summary>
public static class AdapterTrial
{
    private const int Samples = 2;

    /// <summary>Tries sets of adapters.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="sets">Adapter files of each set, in order.</param>
    /// <param name="prompts">Token ids to run, each prompt at least one; null for a model that is no language model, which gets seeded inputs.</param>
    /// <param name="threads">Threads inside one operator.</param>
    /// <param name="progress">Gets the share that is done, 0 to 1.</param>
    /// <param name="cancellationToken">Stops the trial.</param>
    /// <exception cref="ModelOpenException">When the model alone cannot be opened.</exception>
    /// <exception cref="InferenceException">When the model alone fails while it runs.</exception>
    /// <exception cref="ArgumentException">When a prompt does not fit the model.</exception>
    public static IReadOnlyList<AdapterOutcome> Run(
        string modelPath, IReadOnlyList<IReadOnlyList<string>> sets, IReadOnlyList<IReadOnlyList<int>>? prompts, int threads,
        IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sets);
        if (prompts is null)
        {
            return Each(adapters => OfOutputs(modelPath, adapters, threads, cancellationToken));
        }

        using var model = LanguageModel.Open(modelPath, new() { Threads = threads });
        var alone = Outputs(model, prompts, cancellationToken);
        return Each(adapters =>
        {
            using var adapted = model.WithAdapters(adapters);
            var (fingerprint, finite) = Outputs(adapted, prompts, cancellationToken);
            return new(finite, !fingerprint.AsSpan().SequenceEqual(alone.Fingerprint));
        });

        List<AdapterOutcome> Each(Func<IReadOnlyList<string>, AdapterTrialResult> trial)
        {
            var outcomes = new List<AdapterOutcome>();
            foreach (var adapters in sets)
            {
                outcomes.Add(Try(() => trial(adapters)));
                progress?.Report((double)outcomes.Count / sets.Count);
            }

            return outcomes;
        }
    }

    /// <summary>The model ran alone, so what fails now is the adapters' doing.</summary>
    private static AdapterOutcome Try(Func<AdapterTrialResult> trial)
    {
        try
        {
            return new(trial(), null);
        }
        catch (Exception refused) when (refused is ModelOpenException or InferenceException or ArgumentException)
        {
            return new(null, refused.Message);
        }
    }

    private static AdapterTrialResult OfOutputs(
        string modelPath,
        IReadOnlyList<string> adapters,
        int threads,
        CancellationToken cancellationToken)
    {
        // Any input on which both differ will do, so nothing is asked of the owner.
        var options = new OutputComparisonOptions
        {
            Samples = Samples,
            LatencyRepeats = 1,
            Threads = threads,
            CandidateAdapters = adapters,
            GuessUnknown = true,
        };
        var outputs = OutputComparison.Compare(modelPath, modelPath, options, null, cancellationToken).Outputs;
        return new(outputs.All(output => output.MaxAbsoluteError < double.MaxValue), outputs.Any(output => output.MaxAbsoluteError > 0));
    }

    /// <summary>All logits as one digest: they need not be held to be compared.</summary>
    private static (byte[] Fingerprint, bool IsFinite) Outputs(
        LanguageModel model, IReadOnlyList<IReadOnlyList<int>> prompts, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var finite = true;
        foreach (var prompt in prompts)
        {
            using var session = model.NewSession();
            var logits = session.Append([.. prompt], allLogits: true, cancellationToken);
            hash.AppendData(MemoryMarshal.AsBytes(logits));
            foreach (var logit in logits)
            {
                finite &= float.IsFinite(logit);
            }
        }

        return (hash.GetHashAndReset(), finite);
    }
}
