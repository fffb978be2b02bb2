namespace SlmOps.Packaging;

/// <summary>The two keys that a device trusts: one signs what exists, the other says what should run.</summary>
/// <param name="ReleaseKey">Signs releases.</param>
/// <param name="DirectorKey">Signs channel documents.</param>
public sealed record TrustRoots(PublicKey ReleaseKey, PublicKey DirectorKey)
{
    private const int FileBytes = 16 << 10;

    /// <summary>Reads a <c>trust.json</c>.</summary>
    /// <exception cref="PackageFormatException">When the file is not one.</exception>
    public static TrustRoots Load(string path)
    {
        using var file = File.OpenRead(path);
        if (file.Length > FileBytes)
        {
            throw new PackageFormatException("too-large", $"'{path}' has {file.Length} bytes; at most {FileBytes} are allowed.");
        }

        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var root = StrictJson.Parse(bytes, FileBytes, $"file '{path}'");
        root.Only("schema", "releaseKey", "directorKey");
        root.Number("schema", 1, 1);
        return new(PublicKey.Parse(root.Text("releaseKey")), PublicKey.Parse(root.Text("directorKey")));
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
                json.WriteNumber("schema", 1);
                json.WriteString("releaseKey", ReleaseKey.Pem);
                json.WriteString("directorKey", DirectorKey.Pem);
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
