using SlmOps.Packaging.Format;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tuf;

/// <summary>What a device trusts: one key signs what exists, the other says what should run, and the root says who vouches that this is new.</summary>
/// <param name="ReleaseKey">Signs releases.</param>
/// <param name="DirectorKey">Signs channel documents.</param>
/// <param name="Root">The first root of the freshness metadata, <c>1.root.json</c>; later ones are fetched and checked from here.</param>
public sealed record TrustRoots(PublicKey ReleaseKey, PublicKey DirectorKey, byte[] Root)
{
    private const int FileBytes = 128 << 10;
    private const int Schema = 2;

    /// <summary>Reads a <c>trust.json</c>.</summary>
    /// <exception cref="PackageFormatException">When the file is not one.</exception>
    public static TrustRoots Load(string path)
    {
        var bytes = PlainFile.ReadAll(path, FileBytes);
        var root = StrictJson.Parse(bytes, FileBytes, $"file '{path}'");
        if (root.Number("schema", 1, Schema) == 1)
        {
            throw new PackageFormatException(
                "old-trust-file",
                $"'{path}' was made before freshness metadata and lacks its root. Replace it by a new one: 'slmops up' writes it into "
                    + "its data "
                + "folder, 'slmops root trust' makes it from both public keys and 1.root.json.");
        }

        root.Only("schema", "releaseKey", "directorKey", "root");
        var first = FromBase64(root.Text("root"), path);
        TufRoot.Read(first);
        return new(PublicKey.Parse(root.Text("releaseKey")), PublicKey.Parse(root.Text("directorKey")), first);
    }

    private static byte[] FromBase64(string text, string path)
    {
        var bytes = new byte[(text.Length / 4 * 3) + 3];
        return Convert.TryFromBase64String(text, bytes, out var length)
            ? bytes[..length]
            : throw new PackageFormatException("wrong-value", $"file '{path}'.root is not Base64.");
    }

    /// <summary>Writes the file whole: beside, then renamed.</summary>
    public void Save(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.trust");
        try
        {
            File.WriteAllBytes(temporary, CanonicalJson.Write(json =>
            {
                json.WriteStartObject();
                json.WriteNumber("schema", Schema);
                json.WriteString("releaseKey", ReleaseKey.Pem);
                json.WriteString("directorKey", DirectorKey.Pem);
                json.WriteBase64String("root", Root);
                json.WriteEndObject();
            }));
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
