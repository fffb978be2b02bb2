using Azure.Storage.Blobs;
using SlmOps.Cli.Models;
using SlmOps.Cli.Packages;
using SlmOps.Cli.Push;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Pipeline.ByHand;
using SlmOps.Pipeline.Lab;

namespace SlmOps.Cli.Lab;

/// <summary>Lays the variants of whatever the user named into folders, as devices would have them.</summary>
/// <param name="terminal">Is told what takes long.</param>
/// <param name="folder">A folder of this command, for copies.</param>
internal sealed class LabSource(Terminal terminal, string folder)
{
    /// <summary>The variants, and a folder whose text they may be run on.</summary>
    /// <exception cref="CliException">When there is nothing of that name.</exception>
    internal async Task<(IReadOnlyList<LabModel> Models, string? Upload)> OpenAsync(
        string place, Func<Connection> connection, CancellationToken cancellationToken)
    {
        if (File.Exists(place))
        {
            PlainFile.Require(place);
            return place.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)
                ? ([Single(place)], Path.GetDirectoryName(Path.GetFullPath(place)))
                : (await ArchiveAsync(place, cancellationToken), null);
        }

        if (Directory.Exists(place))
        {
            return File.Exists(Path.Combine(place, "index.json")) ? (await LayoutAsync(place, cancellationToken), null)
                : File.Exists(Path.Combine(place, UploadFolder.ManifestFile)) ? (await BuildAsync(place, cancellationToken), place)
                : ([Single(ModelArguments.Model(place))], place);
        }

        if (place.Contains("://", StringComparison.Ordinal))
        {
            return Uri.TryCreate(place, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
                ? (await LayoutAsync(place, cancellationToken), null)
                : throw new CliException($"'{place}' is no address of a layout that http or https serves.", ExitCode.Usage);
        }

        return place.Split('/') is [var name, var version] && ModelName.TryParse(name, out var model)
            && ModelVersion.TryParse(version, out var number)
            ? (await ReleasedAsync(model, number, connection(), cancellationToken), null)
            : throw new CliException(
                $"'{place}' is no file and no folder, and no name/version of a release either.", ExitCode.Usage);
    }

    /// <summary>A model alone has no original to be compared with.</summary>
    private static LabModel Single(string model)
    {
        var file = new FileInfo(model);
        // It names a folder later on, and '..' is a name too.
        var name = Path.GetFileNameWithoutExtension(model).Trim('.');
        return Model(name.Length > 0 ? name : "model", file.DirectoryName!, file.FullName, isOriginal: false);
    }

    private async Task<IReadOnlyList<LabModel>> BuildAsync(string upload, CancellationToken cancellationToken)
    {
        terminal.Say("building its variants, as `slmops package` would");
        using var key = LocalSigningKey.LoadOrCreate(Path.Combine(folder, "key.pem"));
        var named = PushFiles.Of(upload, null, null);
        var layout = Path.Combine(folder, "layout");
        await new FolderPackager(Path.GetFullPath(upload), layout, key, terminal.Say)
            .RunAsync(named.Model, named.Version!.Value, FolderFiles.Of(upload), cancellationToken);
        return await LayoutAsync(layout, cancellationToken);
    }

    private async Task<IReadOnlyList<LabModel>> ArchiveAsync(string file, CancellationToken cancellationToken)
    {
        ModelArguments.RequireFile(file);
        var layout = Path.Combine(folder, "layout");
        await OciArchive.ReadAsync(file, layout, cancellationToken);
        return await LayoutAsync(layout, cancellationToken);
    }

    private async Task<IReadOnlyList<LabModel>> LayoutAsync(string place, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var layout = await Layouts.OpenAsync(place, http, cancellationToken);
        var index = await layout.OnlyAsync(place, cancellationToken);
        var needs = index.Variants.ToDictionary(one => one.Name, one => Version.Parse(one.Needs.MinimumOrt));
        var models = await UnpackAsync(
            [.. index.Variants.Select(one => (one.Name, one.Recipe, one.Manifest))], layout.Blobs, cancellationToken);
        return [.. models.Select(model => model with { MinimumOrt = needs[model.Name] })];
    }

    private async Task<IReadOnlyList<LabModel>> ReleasedAsync(
        ModelName model, ModelVersion version, Connection connection, CancellationToken cancellationToken)
    {
        using var client = new OperatorClient(connection);
        var status = await client.ModelAsync(model, version, cancellationToken)
            ?? throw new CliException($"Nothing is known of {model}/{version}; `slmops watch` names what is.");
        var packaged = status.Variants.Where(one => !one.Digest.IsEmpty).ToList();
        if (packaged.Count == 0)
        {
            throw new CliException($"{model}/{version} has no packaged variant yet.");
        }

        if (connection.StorageConnectionString.Length == 0)
        {
            throw new CliException("Its packages lie in a storage account; name it with --storage.", ExitCode.Usage);
        }

        var blobs = new ContainerSource(Uploader.Open(connection.StorageConnectionString).GetBlobContainerClient("packages"));
        return await UnpackAsync([.. packaged.Select(one => (one.Name, one.Recipe, one.Digest))], blobs, cancellationToken);
    }

    private async Task<IReadOnlyList<LabModel>> UnpackAsync(
        IReadOnlyList<(string Name, string Recipe, Digest Manifest)> variants, IBlobSource blobs, CancellationToken cancellationToken)
    {
        var models = new List<LabModel>();
        foreach (var (name, recipe, digest) in variants)
        {
            var manifest = ReleaseReader.ReadManifest(await blobs.ReadAsync(digest, Limits.ManifestBytes, cancellationToken));
            var target = Path.Combine(folder, "variants", name);
            foreach (var file in manifest.Files)
            {
                await CopyAsync(blobs, file, Path.Combine(target, file.Path), cancellationToken);
            }

            models.Add(Model(name, target, ModelArguments.Model(target), recipe == VariantOffer.OriginalRecipe));
        }

        return models;
    }

    /// <summary>A manifest's paths are safe and its sizes bounded; what comes is held to both.</summary>
    private static async Task CopyAsync(IBlobSource blobs, PackageFile file, string target, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await using var source = await blobs.OpenReadAsync(file.Digest, cancellationToken);
        await using var copy = new FileStream(target, FileMode.CreateNew, FileAccess.ReadWrite);
        var buffer = new byte[1 << 20];
        int read;
        while (copy.Length <= file.Size && (read = await source.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await copy.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        copy.Position = 0;
        if (copy.Length != file.Size || await Digest.OfAsync(copy, cancellationToken) != file.Digest)
        {
            throw new CliException($"{file.Path} has other bytes than its manifest says; `slmops verify` says more.");
        }
    }

    private static LabModel Model(string name, string folder, string model, bool isOriginal)
    {
        var bytes = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        // Two weights a byte at the most: four bits each.
        return new(name, folder, model, bytes, 2 * bytes) { IsOriginal = isOriginal };
    }

    private sealed class ContainerSource(BlobContainerClient container) : IBlobSource
    {
        public async Task<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken) =>
            await container.GetBlobClient($"blobs/sha256/{digest.Hex}").OpenReadAsync(cancellationToken: cancellationToken);
    }
}
