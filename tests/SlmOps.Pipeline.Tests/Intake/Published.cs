namespace SlmOps.Pipeline.Tests.Intake;

/// <summary>Files of the repository that are made of declarations.</summary>
internal static class Published
{
    /// <summary>Set, the files are written anew instead of compared.</summary>
    internal const string Update = "SLMOPS_UPDATE";

    internal static void Check(string path, string expected)
    {
        if (Environment.GetEnvironmentVariable(Update) is { Length: > 0 })
        {
            File.WriteAllText(path, expected);
        }

        Assert.True(
            File.Exists(path) && File.ReadAllText(path) == expected,
            $"{path} is not what the declarations make. Run this test with {Update}=1 and look at what changes.");
    }
}
