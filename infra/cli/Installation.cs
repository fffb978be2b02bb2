namespace SlmOps.Cli;

/// <summary>
/// Where the parts that this tool starts lie: in the folders of the project's build, or beside it where it was installed as
/// a .NET tool or published.
/// </summary>
internal static class Installation
{
    private static readonly string Here = AppContext.BaseDirectory;

    /// <summary>True for a tool that brings its parts along.</summary>
    internal static bool IsWhole { get; } = Directory.Exists(Path.Combine(Here, "app"));

    /// <summary>The functions app as it was built with this tool: the output that is also published to Azure.</summary>
    internal static string AppFolder() => IsWhole ? Path.Combine(Here, "app") : Neighbour("SlmOps.Functions");

    /// <summary>Folder of the agent's program.</summary>
    internal static string AgentFolder() => IsWhole ? Path.Combine(Here, "agent") : Neighbour("SlmOps.EdgeAgent");

    /// <summary>Scripts and processors of the lab.</summary>
    internal static string LabFolder() => IsWhole ? Path.Combine(Here, "lab") : Path.Combine(Root(), "infra", "lab");

    /// <summary>NativeAOT agents for the lab's emulators, in a folder for each system.</summary>
    internal static string LabAgentsFolder() => IsWhole
        ? Path.Combine(OwnFolder(), "lab", typeof(Installation).Assembly.GetName().Version!.ToString(3))
        : Path.Combine(Root(), "artifacts", "lab");

    /// <summary>Other versions of ONNX Runtime for the lab, in a folder for each.</summary>
    internal static string LabRuntimesFolder() => IsWhole
        ? Path.Combine(OwnFolder(), "lab", "runtimes")
        : Path.Combine(Root(), "artifacts", "lab", "runtimes");

    /// <summary>The model that the demo delivers.</summary>
    internal static string Sample() => IsWhole
        ? Path.Combine(Here, "samples", "pydocs-slm")
        : Path.Combine(Root(), "infra", "samples", "pydocs-slm");

    /// <summary>Folder in which npm puts Azurite: the project's, or the user's own, since a tool's folder is nobody's to write to.</summary>
    internal static string NodeFolder() => IsWhole
        ? Path.Combine(
            OwnFolder(),
            "npm",
            typeof(Installation).Assembly.GetName().Version!.ToString(3))
        : Root();

    /// <summary>The lock file and its package.json as this tool brings them.</summary>
    internal static string NodeLock() => IsWhole ? Path.Combine(Here, "npm") : Root();

    /// <summary>The project's folder: where the launcher lies, or the folder above that holds the solution; else where the user is.</summary>
    internal static string Root()
    {
        if (Environment.GetEnvironmentVariable("SLMOPS_ROOT") is { Length: > 0 } root)
        {
            return root;
        }

        for (var folder = IsWhole ? null : new DirectoryInfo(Here); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SlmOps.sln")))
            {
                return folder.FullName;
            }
        }

        return Environment.CurrentDirectory;
    }

    private static string OwnFolder() => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "slmops");

    /// <summary>Output of another project of the same build: artifacts/bin/PROJECT/CONFIGURATION.</summary>
    private static string Neighbour(string project)
    {
        var output = new DirectoryInfo(Here);
        return Path.Combine(output.Parent!.Parent!.FullName, project, output.Name);
    }
}
