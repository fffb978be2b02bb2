using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Inference;
using SlmOps.Packaging;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Validate;

namespace SlmOps.Pipeline.Adapt;

/// <summary>Lays an adaptation over one variant of its base, as a device will, and says what is wrong with it.</summary>
internal sealed class AdaptTrial(Adaptation adaptation, string adaptationFolder, string baseFolder, int threads)
{
    private const int MaxPrompts = 4;
    private static readonly int[][] AnyPrompt = [[0, 1]];

    /// <summary>What is wrong; for a language model with adapters, <see cref="Adaptation.SmokeFile"/> is written beside them.</summary>
    internal IReadOnlyList<Problem> Run(VariantManifest basis, bool isLanguageModel, CancellationToken cancellationToken)
    {
        var problems = adaptation.Patches.Select(patch => TryPatch(basis, patch)).OfType<Problem>().ToList();
        if (adaptation.Adapters.Count == 0)
        {
            return problems;
        }

        var test = isLanguageModel ? ReadSmoke() : null;
        problems.AddRange(adaptation.Adapters.Select(adapter => TryAdapters(basis, [adapter], test, isLanguageModel, cancellationToken)).OfType<Problem>());
        if (problems.Count == 0 && adaptation.Adapters.Count > 1
            && TryAdapters(basis, adaptation.Adapters, test, isLanguageModel, cancellationToken) is { } together)
        {
            problems.Add(together);
        }

        if (problems.Count == 0 && test is not null)
        {
            using var model = LanguageModel.Open(Model, new LanguageModelOptions { Threads = threads, Adapters = PathsOf(adaptation.Adapters) });
            var answered = SmokePrompts.Answer(test, model, cancellationToken);
            File.WriteAllBytes(
                WorkFolder.PathOf(adaptationFolder, Adaptation.SmokeFile),
                JsonSerializer.SerializeToUtf8Bytes(answered, ContractsJson.Default.SmokeTest));
        }

        return problems;
    }

    private string Model => Path.Combine(baseFolder, ModelFiles.Model);

    private Problem? TryPatch(VariantManifest basis, string patch)
    {
        var target = Adaptation.TargetOf(patch);
        if (basis.Files.FirstOrDefault(file => file.Path == target) is not { } file)
        {
            return new("patch-target-missing", $"{basis.Variant} of {basis.Model} {basis.Version} has no file '{target}' that {patch} could change.",
                "Name the patch after a file of the base's upload.", patch);
        }

        if (file.Size > ConfigOverlay.MaxBytes)
        {
            return new("patch-invalid", $"'{target}' of {basis.Variant} has {file.Size} bytes; the limit is {ConfigOverlay.MaxBytes}.", "Patch a smaller file.", patch);
        }

        var patched = ConfigOverlay.Apply(
            File.ReadAllBytes(WorkFolder.PathOf(baseFolder, target)), File.ReadAllBytes(WorkFolder.PathOf(adaptationFolder, patch)), ConfigOverlay.DefaultKeys);
        return patched.Reason is null
            ? null
            : new("patch-invalid", $"{patch} over '{target}' of {basis.Variant} ({patched.ReasonCode}): {patched.Reason}", "Correct the patch.", patch);
    }

    private Problem? TryAdapters(
        VariantManifest basis, IReadOnlyList<string> adapters, SmokeTest? test, bool isLanguageModel, CancellationToken cancellationToken)
    {
        var (what, file) = adapters.Count == 1 ? (adapters[0], adapters[0]) : ("The adapters together", null);
        try
        {
            IReadOnlyList<IReadOnlyList<int>> prompts = test is null ? AnyPrompt : [.. test.Prompts.Take(MaxPrompts).Select(prompt => prompt.PromptTokens!)];
            var result = isLanguageModel
                ? Inference.AdapterTrial.OfLanguageModel(Model, PathsOf(adapters), prompts, threads, cancellationToken)
                : Inference.AdapterTrial.OfOutputs(Model, PathsOf(adapters), threads, cancellationToken);
            return result switch
            {
                { IsFinite: false } => new("adapter-not-finite", $"{what}: with {basis.Variant} of {basis.Model} {basis.Version} the outputs are not finite numbers.",
                    "Train it with a lower learning rate, or export it again.", file),
                { IsChanged: false } => new("adapter-without-effect", $"{what}: {basis.Variant} of {basis.Model} {basis.Version} answers as it does alone.",
                    "Export the trained values, and check that its names are those of the model's optional inputs.", file),
                _ => null,
            };
        }
        // The model ran alone when it was validated, so what fails now is the adapter's doing.
        catch (Exception refused) when (refused is ModelOpenException or InferenceException or ArgumentException)
        {
            return new("adapter-does-not-fit", $"{what} does not run with {basis.Variant} of {basis.Model} {basis.Version}: {Short(refused.Message)}",
                "Use an adapter that was trained on this base; its parameters must be optional inputs of the base's graph.", file);
        }
    }

    private List<string> PathsOf(IReadOnlyList<string> adapters) => [.. adapters.Select(adapter => WorkFolder.PathOf(adaptationFolder, adapter))];

    /// <summary>Folders of this machine say nothing to the user.</summary>
    private string Short(string message) =>
        message.Replace(adaptationFolder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).Replace(baseFolder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);

    private SmokeTest? ReadSmoke()
    {
        var path = Path.Combine(baseFolder, ModelFiles.SmokeFile);
        return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), ContractsJson.Default.SmokeTest) : null;
    }
}
