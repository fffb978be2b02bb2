namespace SlmOps.Pipeline.Tests;

/// <summary>The repository that the tests were built from.</summary>
internal static class Repository
{
    internal static readonly string Root = Find(new DirectoryInfo(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo? folder) => folder switch
    {
        null => throw new InvalidOperationException("The tests run outside the repository."),
        _ when File.Exists(Path.Combine(folder.FullName, "SlmOps.sln")) => folder.FullName,
        _ => Find(folder.Parent),
    };
}
