namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>The folder that this tree lies in.</summary>
internal static class RepositoryRoot
{
    internal static string Path { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "SlmOps.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("SlmOps.sln is in no folder above the tests.");
        }

        return folder.FullName;
    }
}
