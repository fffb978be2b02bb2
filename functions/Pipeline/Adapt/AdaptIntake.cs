using System.Diagnostics;
using SlmOps.Contracts;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Release;
using SlmOps.Pipeline.Rollout;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Adapt;

/// <summary>Intake's part for an upload that adapts a model: which base, which channel, which files.</summary>
internal sealed class AdaptIntake(RunStore runs, RolloutStore rollouts, PipelineOptions options)
{
    /// <summary>True when the folder's <c>slmops.json</c> says that it adapts a model.</summary>
    internal bool Claims(string folder)
    {
        var recipe = new FileInfo(Path.Combine(folder, UploadName.RecipeFile));
        return recipe.Exists && recipe.Length <= options.MaxTextBytes && AdaptReader.IsAdaptation(File.ReadAllBytes(recipe.FullName));
    }

    internal async Task<(RunRecord? Record, IReadOnlyList<Problem> Problems)> DecideAsync(
        RunKey run, UploadName upload, Upload fetched, string folder, CancellationToken cancellationToken)
    {
        var (recipe, recipeProblems) = AdaptReader.Read(
            await File.ReadAllBytesAsync(Path.Combine(folder, UploadName.RecipeFile), cancellationToken).ConfigureAwait(false), UploadName.RecipeFile, run);
        var (adapters, patches, fileProblems) = AdaptFiles.Sort(fetched.Files, recipe?.LocalLayer ?? true, folder);
        var (basis, baseProblem) = recipe is null ? (null, null) : await FindBaseAsync(recipe, cancellationToken).ConfigureAwait(false);
        Problem[] problems = [.. recipeProblems, .. fileProblems, .. baseProblem is null ? Array.Empty<Problem>() : [baseProblem]];
        if (problems.Length > 0)
        {
            return (null, problems);
        }

        var adaptation = new Adaptation(
            basis!.Release.Model, basis.Release.Version, recipe!.Channel ?? basis.Channel, recipe.Selector, recipe.LocalLayer,
            recipe.SoakSeconds, adapters, patches);
        return (new(
            run.Model, run.Version, $"{upload.Container}/{upload.Blob}", fetched.SourceDigest, fetched.Files, [],
            Recipe.Default with { Variants = [], Rollout = RolloutRecipe.Default with { Channel = adaptation.Channel } },
            false, 0, 0, fetched.NewestAt, default, 0, Activity.Current?.Id)
        {
            Adapts = adaptation,
        }, []);
    }

    private async Task<(ReleaseResult? Base, Problem? Problem)> FindBaseAsync(AdaptRecipe recipe, CancellationToken cancellationToken)
    {
        var version = recipe.Version;
        if (version is null)
        {
            var channel = recipe.Channel ?? recipe.Model;
            var stable = (await rollouts.FindChannelAsync(channel, cancellationToken).ConfigureAwait(false))?.Value.Stable;
            if (stable?.Model != recipe.Model)
            {
                return (null, new("base-unknown", stable is null
                        ? $"The channel '{channel}' runs nothing as stable yet, so there is no version of '{recipe.Model}' to adapt."
                        : $"The channel '{channel}' runs '{stable.Model}', not '{recipe.Model}'.",
                    "Name the base as \"version\" in \"adapts\", or the channel that runs it as \"channel\".", UploadName.RecipeFile));
            }

            version = stable.Version;
        }

        return await runs.FindAsync<ReleaseResult>(new(recipe.Model, version), ReleaseResult.Row, cancellationToken).ConfigureAwait(false) is { } released
            ? (released.Value, null)
            : (null, new("base-unknown", $"There is no release {version} of the model '{recipe.Model}'.",
                "Upload the model first and wait until it is released, or correct \"model\" and \"version\" in \"adapts\".", UploadName.RecipeFile));
    }
}
