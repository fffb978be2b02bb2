using SlmOps.Contracts;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Deltas;

/// <summary>How a file of a variant gets onto a device.</summary>
public enum FetchWay
{
    /// <summary>A blob with its bytes is there already.</summary>
    Held,

    /// <summary>A delta is fetched and applied.</summary>
    Delta,

    /// <summary>The whole blob is fetched.</summary>
    Whole,
}

/// <summary>One blob of a plan.</summary>
/// <param name="Path">Path of the first file that uses it.</param>
/// <param name="Target">The blob.</param>
/// <param name="Way">How it gets there.</param>
/// <param name="Layer">The delta, when that is the way.</param>
public sealed record FetchStep(string Path, BlobRef Target, FetchWay Way, DeltaLayer? Layer)
{
    /// <summary>Bytes to fetch.</summary>
    public long Bytes => Way switch
    {
        FetchWay.Held => 0,
        FetchWay.Delta => Layer!.Delta.Size,
        _ => Target.Size,
    };
}

/// <summary>What a device fetches to get a variant.</summary>
/// <param name="Steps">One for each blob, in path order.</param>
public sealed record FetchPlan(IReadOnlyList<FetchStep> Steps)
{
    /// <summary>Bytes to fetch.</summary>
    public long Bytes => Steps.Sum(step => step.Bytes);

    /// <summary>Plans from what is held.</summary>
    /// <param name="wanted">The variant.</param>
    /// <param name="held">Blobs on the device.</param>
    /// <param name="delta">A delta whose base is held completely, or null.</param>
    public static FetchPlan Make(VariantManifest wanted, IReadOnlySet<Digest> held, DeltaManifest? delta)
    {
        var layers = delta?.Layers.ToDictionary(layer => layer.Target) ?? [];
        return new([.. wanted.Files.DistinctBy(file => file.Digest).Select(file => Step(file, held, layers))]);
    }

    private static FetchStep Step(PackageFile file, IReadOnlySet<Digest> held, Dictionary<BlobRef, DeltaLayer> layers)
    {
        var target = new BlobRef(file.Digest, file.Size);
        return held.Contains(file.Digest) ? new(file.Path, target, FetchWay.Held, null)
            : layers.TryGetValue(target, out var layer) && layer.Delta.Size < target.Size ? new(file.Path, target, FetchWay.Delta, layer)
            : new(file.Path, target, FetchWay.Whole, null);
    }
}
