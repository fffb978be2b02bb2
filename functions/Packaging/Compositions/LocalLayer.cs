using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;

namespace SlmOps.Packaging.Compositions;

/// <summary>What a device laid over its model by itself, made for one base.</summary>
/// <param name="Base">Manifest of the variant it was made for.</param>
/// <param name="Files">Its files, all below <see cref="CompositionLayer.Local.Folder"/>.</param>
public sealed record LocalLayer(Digest Base, IReadOnlyList<PackageFile> Files)
{
    /// <summary>Payload type of the signed form.</summary>
    public const string PayloadType = "application/vnd.slmops.local-layer.v1+json";

    private const int MaxBytes = 256 << 10;
    private const int MaxFiles = 64;

    /// <summary>Signs it with the device's key; the result is a DSSE envelope.</summary>
    public Task<byte[]> SignAsync(ISigningKey deviceKey, CancellationToken cancellationToken) =>
        Dsse.SignAsync(PayloadType, Write(), deviceKey, cancellationToken);

    /// <summary>Largest signed layer in bytes.</summary>
    public const int MaxEnvelopeBytes = 512 << 10;

    /// <summary>The layer of a signed form; null when the key did not sign it, or it is none.</summary>
    public static LocalLayer? Open(ReadOnlySpan<byte> envelope, PublicKey deviceKey)
    {
        var signed = envelope.Length <= MaxEnvelopeBytes ? Dsse.Verify(envelope, PayloadType, deviceKey) : null;
        try
        {
            return signed?.Payload is { } payload ? Read(payload) : null;
        }
        catch (PackageFormatException)
        {
            return null;
        }
    }

    /// <summary>Reads a layer.</summary>
    /// <exception cref="PackageFormatException">When it is not one, or a file lies outside its folder.</exception>
    public static LocalLayer Read(ReadOnlySpan<byte> utf8)
    {
        var root = StrictJson.Parse(utf8, MaxBytes, "local layer");
        root.Only("schema", "base", "files");
        root.Number("schema", 1, 1);
        List<PackageFile> files = [.. root.Children("files", MaxFiles).Select(file =>
        {
            file.Only("path", "digest", "size");
            return new PackageFile(file.Text("path"), file.Digest("digest"), file.Number("size", 0, Limits.FileBytes));
        })];
        if (FileSet.FindFault(files) is { } fault)
        {
            throw fault;
        }

        return files.All(file => file.Path.StartsWith(CompositionLayer.Local.Folder, StringComparison.Ordinal))
            ? new(root.Digest("base"), files)
            : throw root.Refuse("unsafe-path", $"has a file outside {CompositionLayer.Local.Folder}.");
    }

    internal byte[] Write() => CanonicalJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("schema", 1);
        json.WriteString("base", Base.ToString());
        json.WriteStartArray("files");
        foreach (var file in Files.OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            json.WriteString("digest", file.Digest.ToString());
            json.WriteNumber("size", file.Size);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
