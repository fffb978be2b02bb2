using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using SlmOps.Contracts;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>A model as a user uploads it: files of a folder, <c>slmops.json</c> last.</summary>
internal sealed record Upload(string Model, string Version, IReadOnlyDictionary<string, byte[]> Files)
{
    internal const string Manifest = "slmops.json";

    internal string Folder => $"{Model}/{Version}";

    internal string Start => $"{Folder}/{Manifest}";

    internal static Upload Of(string model, string version, params (string Path, byte[] Bytes)[] files) =>
        new(model, version, files.ToDictionary(file => file.Path, file => file.Bytes));

    internal static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    internal Upload With(string path, byte[] bytes) => this with { Files = new Dictionary<string, byte[]>(Files) { [path] = bytes } };

    internal Upload Without(string path) => this with { Files = Files.Where(file => file.Key != path).ToDictionary() };

    internal Upload Named(string model, string version) => this with { Model = model, Version = version };

    internal Upload WithManifest(Action<JsonObject> change)
    {
        var manifest = (JsonObject)JsonNode.Parse(Files[Manifest])!;
        change(manifest);
        return With(Manifest, Text(manifest.ToJsonString()));
    }

    internal Digest DigestOf(string path) => Digest.Of(Files[path]);

    internal async Task SendAsync(BlobServiceClient blobs, CancellationToken cancellationToken)
    {
        var container = blobs.GetBlobContainerClient("models");
        foreach (var (path, bytes) in Files.OrderBy(file => file.Key == Manifest))
        {
            await container.GetBlobClient($"{Folder}/{path}").UploadAsync(BinaryData.FromBytes(bytes), overwrite: true, cancellationToken);
        }
    }
}
