using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Inference;
using SlmOps.Inference.Sandbox;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Manifests;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Sandboxes;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Validate;

namespace SlmOps.Pipeline.Adapt;

/// <summary>Lays an adaptation over one variant of its base, as a device will, and says what is wrong with it.</summary>
internal sealed class AdaptTrial(Adaptation adaptation, string adaptationFolder, string baseFolder, int threads)
{
    private const int MaxPrompts = 4;
    private const int TrialTokens = 64;
    private static readonly int[][] AnyPrompt = [[0, 1]];

    /// <summary>What is wrong; for a language model with adapters, <see cref="Adaptation.SmokeFile"/> is written beside them.</summary>
    internal async Task<IReadOnlyList<Problem>> RunAsync(
        VariantManifest basis,
        bool isLanguageModel,
        ModelSandboxes sandboxes,
        CancellationToken cancellationToken)
    {
        var problems = adaptation.Patches.Select(patch => TryPatch(basis, patch)).OfType<Problem>().ToList();
        if (adaptation.Adapters.Count == 0)
        {
            return problems;
        }

        var test = isLanguageModel ? ReadSmoke() : null;
        var bytes = basis.Files.Sum(file => file.Size);
        var sandbox = await sandboxes
            .StartAsync(
                new(bytes, bytes, isLanguageModel ? TrialTokens + (SmokePrompts.Tokens(test) * (adaptation.Adapters.Count + 3)) : 0),
                cancellationToken)
            .ConfigureAwait(false);
        await using (sandbox.ConfigureAwait(false))
        {
            problems.AddRange(await TryAdaptersAsync(basis, test, isLanguageModel, sandbox, cancellationToken).ConfigureAwait(false));
            if (problems.Count == 0 && test is not null)
            {
                var answered = await SmokePrompts
                    .AnswerAsync(
                        test,
                        sandbox,
                        Model,
                        new() { Threads = threads, Adapters = PathsOf(adaptation.Adapters) },
                        cancellationToken)
                    .ConfigureAwait(false);
                await File.WriteAllBytesAsync(
                        WorkFolder.PathOf(adaptationFolder, Adaptation.SmokeFile),
                        JsonSerializer.SerializeToUtf8Bytes(answered, ContractsJson.Default.SmokeTest),
                        cancellationToken)
                    .ConfigureAwait(false);
            }
        }

        return problems;
    }

    private string Model => Path.Combine(baseFolder, ModelFiles.Model);

    private Problem? TryPatch(VariantManifest basis, string patch)
    {
        var target = Adaptation.TargetOf(patch);
        if (basis.Files.FirstOrDefault(file => file.Path == target) is not { } file)
        {
            return new(
                "patch-target-missing",
                $"{basis.Variant} of {basis.Model} {basis.Version} has no file '{target}' that {patch} could change.",
                "Name the patch after a file of the base's upload.",
                patch);
        }

        if (file.Size > ConfigOverlay.MaxBytes)
        {
            return new(
                "patch-invalid",
                $"'{target}' of {basis.Variant} has {file.Size} bytes; the limit is {ConfigOverlay.MaxBytes}.",
                "Patch a smaller file.",
                patch);
        }

        var patched = ConfigOverlay.Apply(
            File.ReadAllBytes(WorkFolder.PathOf(baseFolder, target)),
            File.ReadAllBytes(WorkFolder.PathOf(adaptationFolder, patch)),
            ConfigOverlay.DefaultKeys);
        return patched.Reason is null
            ? null
            : new(
                "patch-invalid",
                $"{patch} over '{target}' of {basis.Variant} ({patched.ReasonCode}): {patched.Reason}",
                "Correct the patch.",
                patch);
    }

    /// <summary>Each adapter alone, then all together; the base runs once for all of them.</summary>
    private async Task<IReadOnlyList<Problem>> TryAdaptersAsync(
        VariantManifest basis, SmokeTest? test, bool isLanguageModel, ModelSandbox sandbox, CancellationToken cancellationToken)
    {
        IReadOnlyList<IReadOnlyList<int>>? prompts = !isLanguageModel ? null
            : test is null ? AnyPrompt
            : [.. test.Prompts.Take(MaxPrompts).Select(prompt => prompt.PromptTokens!)];
        List<IReadOnlyList<string>> sets = [.. adaptation.Adapters.Select(adapter => (IReadOnlyList<string>)[adapter])];
        if (sets.Count > 1)
        {
            sets.Add(adaptation.Adapters);
        }

        try
        {
            var outcomes = await sandbox
                .TryAdaptersAsync(Model, [.. sets.Select(PathsOf)], prompts, threads, cancellationToken)
                .ConfigureAwait(false);
            var problems = sets.Zip(outcomes, (set, outcome) => Judge(basis, set, outcome)).ToList();
            List<Problem> alone = [.. problems.Take(adaptation.Adapters.Count).OfType<Problem>()];
            return alone.Count > 0 ? alone : [.. problems.OfType<Problem>()];
        }
        // The model ran alone when it was validated, so what fails now is the adapters' doing.
        catch (Exception refused) when (refused is ModelOpenException or InferenceException or ArgumentException
            or SandboxException { Ending: not SandboxEnding.NotStarted })
        {
            return [DoesNotFit(basis, "The adapters", adaptation.Adapters.Count == 1 ? adaptation.Adapters[0] : null, refused.Message)];
        }
    }

    private Problem? Judge(VariantManifest basis, IReadOnlyList<string> adapters, AdapterOutcome outcome)
    {
        var (what, file) = adapters.Count == 1 ? (adapters[0], adapters[0]) : ("The adapters together", null);
        return outcome switch
        {
            { Refusal: { } words } => DoesNotFit(basis, what, file, words),
            { Result.IsFinite: false } => new(
                "adapter-not-finite",
                $"{what}: with {basis.Variant} of {basis.Model} {basis.Version} the outputs are not finite numbers.",
                "Train it with a lower learning rate, or export it again.",
                file),
            { Result.IsChanged: false } => new(
                "adapter-without-effect",
                $"{what}: {basis.Variant} of {basis.Model} {basis.Version} answers as it does alone.",
                "Export the trained values, and check that its names are those of the model's optional inputs.",
                file),
            _ => null,
        };
    }

    private Problem DoesNotFit(VariantManifest basis, string what, string? file, string words) => new(
        "adapter-does-not-fit", $"{what} does not run with {basis.Variant} of {basis.Model} {basis.Version}: {Short(words)}",
        "Use an adapter that was trained on this base; its parameters must be optional inputs of the base's graph.", file);

    private List<string> PathsOf(IReadOnlyList<string> adapters) =>
        [.. adapters.Select(adapter => WorkFolder.PathOf(adaptationFolder, adapter))];

    /// <summary>Folders of this machine say nothing to the user.</summary>
    private string Short(string message) =>
        message
            .Replace(adaptationFolder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)
            .Replace(baseFolder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);

    private SmokeTest? ReadSmoke()
    {
        var path = Path.Combine(baseFolder, ModelFiles.SmokeFile);
        return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), ContractsJson.Default.SmokeTest) : null;
    }
}
