using System.Diagnostics;
using System.Globalization;
using SlmOps.Contracts;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tests.Deltas;

namespace SlmOps.Benchmarks;

/// <summary>
/// Bytes a device fetches for changed models. `delta make &lt;folder&gt;` makes four pairs and their deltas there;
/// `delta apply &lt;folder&gt; &lt;case&gt;` applies one in a process of its own, so that its peak memory is the decoder's.
/// </summary>
internal static class DeltaCommand
{
    internal static async Task<int> RunAsync(string[] arguments)
    {
        switch (arguments)
        {
            case ["make", var folder]:
                await MakeAsync(folder, "replaced", DeltaCases.Replaced());
                await MakeAsync(folder, "inserted", DeltaCases.Inserted());
                await MakeAsync(folder, "int8-1-percent", DeltaCases.Int8Tuned(0.01));
                await MakeAsync(folder, "int4-1-percent", DeltaCases.Int4Tuned(0.01));
                return 0;
            case ["apply", var folder, var name]:
                return await ApplyAsync(folder, name);
            default:
                Console.Error.WriteLine(
                    "Usage: delta make <folder> | delta apply <folder> replaced|inserted|int8-1-percent|int4-1-percent");
                return 2;
        }
    }

    private static async Task MakeAsync(string folder, string name, (TinyOnnx.Tensor[] Old, TinyOnnx.Tensor[] New) pair)
    {
        var cloud = new FolderBlobStore(Path.Combine(folder, name, "cloud")) { IsDurable = false };
        var device = new FolderBlobStore(Path.Combine(folder, name, "device")) { IsDurable = false };
        var from = await PackAsync(cloud, pair.Old);
        await PackAsync(device, pair.Old);
        var to = await PackAsync(cloud, pair.New);
        var watch = Stopwatch.StartNew();
        var offer = await DeltaPackager.WriteAsync(from, to, cloud, CancellationToken.None);
        var encode = watch.Elapsed;
        var delta = DeltaManifest.Read(await cloud.ReadAsync(offer!.Delta.Digest, Limits.ManifestBytes, CancellationToken.None));
        foreach (var layer in delta.Layers)
        {
            await using var content = await cloud.OpenReadAsync(layer.Delta.Digest, CancellationToken.None);
            await device.WriteAsync(layer.Delta.Digest, layer.Delta.Size, content, CancellationToken.None);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, name, "case"), $"{from} {offer.Delta.Digest}");
        var (old, wanted) = (await ManifestAsync(cloud, from), await ManifestAsync(cloud, to));
        var plan = FetchPlan.Make(wanted, old.Files.Select(file => file.Digest).ToHashSet(), delta);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {plan.Bytes / 1e6:F2} of {wanted.Bytes / 1e6:F2} MB fetched ({(double)plan.Bytes / wanted.Bytes:P2}), made in "
                    + $"{encode.TotalSeconds:F1} s"
            ));
    }

    private static async Task<int> ApplyAsync(string folder, string name)
    {
        var cloud = new FolderBlobStore(Path.Combine(folder, name, "cloud"));
        var device = new FolderBlobStore(Path.Combine(folder, name, "device")) { IsDurable = false };
        var digests = (await File.ReadAllTextAsync(Path.Combine(folder, name, "case"))).Split(' ');
        var from = await ManifestAsync(cloud, Digest.Parse(digests[0]));
        var delta = DeltaManifest.Read(await cloud.ReadAsync(Digest.Parse(digests[1]), Limits.ManifestBytes, CancellationToken.None));
        var watch = Stopwatch.StartNew();
        foreach (var layer in delta.Layers)
        {
            File.Delete(device.PathOf(layer.Target.Digest));
            var result = await DeltaApplier.ApplyAsync(layer, from, device, CancellationToken.None);
            if (!result.IsApplied)
            {
                Console.Error.WriteLine(result.Reason);
                return 1;
            }
        }

        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{name}: applied in {watch.Elapsed.TotalSeconds:F1} s, {PackCommand.Peak()}"));
        return 0;
    }

    private static async Task<Digest> PackAsync(FolderBlobStore store, TinyOnnx.Tensor[] tensors)
    {
        var folder = Directory.CreateTempSubdirectory("slmops-bench-").FullName;
        var (graph, data) = TinyOnnx.External(64, tensors);
        await File.WriteAllBytesAsync(Path.Combine(folder, "model.onnx"), graph);
        await File.WriteAllBytesAsync(Path.Combine(folder, "model.data"), data);
        var offer = await VariantPackager.PackAsync(folder, PackCommand.Description, store, CancellationToken.None);
        Directory.Delete(folder, recursive: true);
        return offer.Manifest;
    }

    private static async Task<VariantManifest> ManifestAsync(FolderBlobStore store, Digest digest) =>
        ReleaseReader.ReadManifest(await store.ReadAsync(digest, Limits.ManifestBytes, CancellationToken.None));
}
