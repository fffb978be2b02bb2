namespace SlmOps.Pipeline.Tests;

/// <summary>The repository that the tests were built from.</summary>
internal static class RepositoryRoot
{
    internal static readonly string Path = Find(new DirectoryInfo(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo? folder) => folder switch
    {
        null => throw new InvalidOperationException("The tests run outside the repository."),
        _ when File.Exists(System.IO.Path.Combine(folder.FullName, "SlmOps.sln")) => folder.FullName,
        _ => Find(folder.Parent),
    };
}
