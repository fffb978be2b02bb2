namespace SlmOps.Architecture.Tests;

/// <summary>The files of the repository that the tests were built from, without what is built or fetched.</summary>
internal static class Repository
{
    private static readonly HashSet<string> Made = ["artifacts", "bin", "obj", "node_modules", "TestResults", ".git", ".slmops"];

    internal static readonly string Root = Find(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>Paths from the root, with slashes.</summary>
    internal static readonly IReadOnlyList<string> Files =
    [
        .. List(new DirectoryInfo(Root)).Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    internal static IEnumerable<string> Projects => Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal));

    /// <summary>Hand-written C# of the product: no tests.</summary>
    internal static IEnumerable<string> Sources => Code.Where(file => !IsTest(file));

    internal static IEnumerable<string> Code =>
        Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal) && !file.EndsWith(".g.cs", StringComparison.Ordinal));

    internal static bool IsTest(string file) => file.StartsWith("tests/", StringComparison.Ordinal);

    internal static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static IEnumerable<string> List(DirectoryInfo folder) => folder.EnumerateFiles().Select(file => file.FullName)
        .Concat(folder.EnumerateDirectories().Where(inner => !Made.Contains(inner.Name)).SelectMany(List));

    private static string Find(DirectoryInfo? folder) => folder switch
    {
        null => throw new InvalidOperationException("The tests run outside the repository."),
        _ when File.Exists(Path.Combine(folder.FullName, "SlmOps.sln")) => folder.FullName,
        _ => Find(folder.Parent),
    };
}
