namespace SlmOps.Local.Azurite;

/// <summary>Finds the installed Azurite.</summary>
internal static class AzuriteScript
{
    private static readonly string RelativePath =
        Path.Combine("node_modules", "azurite", "dist", "src", "azurite.js");

    /// <summary>What Node.js runs: it loads Azurite's own script, which is its first argument.</summary>
    public static string Supervised { get; } = ReadSupervised();

    /// <summary>Looks in the folder and every folder above it.</summary>
    /// <exception cref="LocalPlatformException">When Azurite is not installed.</exception>
    public static string Find(string startFolder)
    {
        for (var folder = new DirectoryInfo(startFolder); folder is not null; folder = folder.Parent)
        {
            var script = Path.Combine(folder.FullName, RelativePath);
            if (File.Exists(script))
            {
                return script;
            }
        }

        throw new LocalPlatformException(
            $"Azurite is not installed: no {RelativePath} in '{startFolder}' or above it; run npm ci in the repository.");
    }

    private static string ReadSupervised()
    {
        using var stream = typeof(AzuriteScript).Assembly.GetManifestResourceStream("supervised.js")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
