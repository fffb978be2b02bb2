using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Intake;

/// <summary>
/// What an upload's blob name says. <c>models/{name}/{version}/slmops.json</c> starts a folder;
/// <c>drop/{name}.onnx</c>, <c>drop/{name}-{version}.onnx</c> or <c>drop/{name}/{version}.onnx</c> is a model by itself.
/// </summary>
/// <param name="Container">Container.</param>
/// <param name="Blob">The blob that started it.</param>
/// <param name="Prefix">Folder of all its files, with a slash at the end; the blob itself in the drop container.</param>
/// <param name="Model">Model name, not yet checked.</param>
/// <param name="Version">Version, not yet checked; null: make one from the digest.</param>
internal sealed partial record UploadName(string Container, string Blob, string Prefix, string Model, string? Version)
{
    internal const string ManifestFile = UploadManifest.FileName;

    /// <summary>The run that it will be; null when only the bytes tell, or the name is not safe.</summary>
    internal RunKey? Run => RunKey.Of(Model, Version);

    private const string Subject = "/blobServices/default/containers/";

    /// <summary>Null for a blob that starts nothing.</summary>
    internal static UploadName? FromSubject(string? subject)
    {
        if (subject is null || !subject.StartsWith(Subject, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = subject[Subject.Length..];
        var split = rest.IndexOf("/blobs/", StringComparison.Ordinal);
        return split < 0 ? null : From(rest[..split], rest[(split + "/blobs/".Length)..]);
    }

    internal static UploadName? From(string container, string blob) => container switch
    {
        Containers.Drop => FromDrop(blob),
        Containers.Models => FromModels(blob),
        _ => null,
    };

    private static UploadName? FromModels(string blob)
    {
        var parts = blob.Split('/');
        return parts.Length == 3 && parts[2] == ManifestFile
            ? new(Containers.Models, blob, $"{parts[0]}/{parts[1]}/", parts[0], parts[1])
            : null;
    }

    [SuppressMessage("Globalization", "CA1308", Justification = "Safe names are lower case; nothing is compared by it.")]
    private static UploadName? FromDrop(string blob)
    {
        if (!blob.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // Exports are often named like Phi-3-Mini-1.0.onnx: the drop box is lenient, the rest of the system is not.
        var stem = blob[..^".onnx".Length].ToLowerInvariant();
        var parts = stem.Split('/');
        if (parts.Length == 2)
        {
            return new(Containers.Drop, blob, blob, parts[0], parts[1]);
        }

        var versioned = Versioned().Match(stem);
        return versioned.Success
            ? new(Containers.Drop, blob, blob, versioned.Groups["name"].Value, versioned.Groups["version"].Value)
            : new(Containers.Drop, blob, blob, stem, null);
    }

    /// <summary>A version made from the bytes, so that dropping a changed file under the same name makes a new version.</summary>
    internal static string VersionFrom(Digest digest) => $"sha-{digest.Hex[..12]}";

    [GeneratedRegex(@"^(?<name>.+?)-v?(?<version>[0-9]+(\.[0-9]+)+([.-][a-z0-9]+)*)\z", RegexOptions.NonBacktracking)]
    private static partial Regex Versioned();
}
