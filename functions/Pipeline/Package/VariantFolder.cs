using System.Globalization;
using SlmOps.Contracts;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Sharding;
using SlmOps.Packaging.Storage;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Package;

/// <summary>
/// Turns the folder of a variant that was built by hand into its package: the same one that the stage makes where its files lie.
/// </summary>
internal static class VariantFolder
{
    /// <summary>
    /// Splits the weights into one file a transformer block and stores everything. A second release then shares the blobs
    /// of every block that did not change.
    /// </summary>
    internal static async Task<VariantOffer> PackAsync(
        string folder, VariantDescription description, IBlobStore store, CancellationToken cancellationToken)
    {
        var variant = await WeightSharder.ReadAsync(folder, ModelFiles.Model, cancellationToken).ConfigureAwait(false);
        return await VariantPackager.PackAsync(variant.Files, description, store, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>ModelPack's form: <c>2.4m</c>, <c>0.5b</c>.</summary>
    internal static string ParameterSize(long parameters) => parameters >= 100_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e9:0.#}b")
        : string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e6:0.#}m");
}
