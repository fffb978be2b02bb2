namespace SlmOps.Packaging.Tests;

internal static class RepositoryRoot
{
    internal static string Path { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "SlmOps.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("No folder above the tests holds SlmOps.sln.");
        }

        return folder.FullName;
    }
}
