using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Deltas;

/// <summary>The tensors of a variant.</summary>
internal static class Tensors
{
    internal static async Task<IReadOnlyList<TensorSpan>> OfAsync(
        VariantManifest manifest,
        IBlobStore store,
        CancellationToken cancellationToken)
    {
        var tensors = new List<TensorSpan>();
        foreach (var file in manifest.Files.Where(file => file.Path.EndsWith(".onnx", StringComparison.Ordinal)))
        {
            var stream = await store.OpenReadAsync(file.Digest, cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                tensors.AddRange(OnnxTensorReader.Read(stream, file.Path));
            }
        }

        return tensors;
    }
}
