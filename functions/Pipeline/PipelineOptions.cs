using Microsoft.Extensions.Configuration;
using SlmOps.Inference.Sandbox;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline;

/// <summary>All settings of the pipeline, section <c>SlmOps</c>, checked whole at start.</summary>
internal sealed record PipelineOptions
{
    internal const string Section = "SlmOps";

    /// <summary>Local folder for stage invocations. What a stage needs of it is looked at before it starts.</summary>
    public string WorkFolder { get; init; } = Path.Combine(Path.GetTempPath(), "slmops");

    /// <summary>Largest single file of an upload, in bytes.</summary>
    public long MaxFileBytes { get; init; } = 32L << 30;

    /// <summary>Largest upload, all files together, in bytes.</summary>
    public long MaxUploadBytes { get; init; } = 32L << 30;

    /// <summary>Most files of an upload.</summary>
    public int MaxUploadFiles { get; init; } = 256;

    /// <summary>Largest text the pipeline reads into memory (slmops.json, smoke prompts, evaluation text), in bytes.</summary>
    public int MaxTextBytes { get; init; } = 16 << 20;

    /// <summary>Seconds that a stage waits for disk or memory that nothing of its host holds, before its work is refused.</summary>
    public int MaxWaitSeconds { get; init; } = 600;

    /// <summary>Threads that ONNX Runtime and the quantizer may use.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Memory that a process that runs models may take, in bytes; 0 for what the machine has beside the host's share.</summary>
    public long RunMemoryBytes { get; init; }

    /// <summary>Most processor time of one run of a model, in seconds; the model's size and the text's length give the limit below it.</summary>
    public int MaxRunSeconds { get; init; } = 1800;

    /// <summary>Largest file that such a process may write, in bytes.</summary>
    public long MaxRunFileBytes { get; init; } = 2L << 30;

    /// <summary>Threads that such a process may have beside those of ONNX Runtime.</summary>
    public int MaxRunThreads { get; init; } = RunLimitPlan.OtherThreads;

    /// <summary>Most bytes of original models' predictions that are kept on this machine.</summary>
    public long MaxPredictionBytes { get; init; } = 4L << 30;

    /// <summary>The device lab's folder of scripts and processors: infra/lab of the project; empty where there is no lab.</summary>
    public string LabScripts { get; init; } = "";

    /// <summary>Folder of the lab's agents, with <c>linux-x64</c> and <c>linux-arm64</c> in it.</summary>
    public string LabAgents { get; init; } = "";

    /// <summary>The agent that the lab runs on this machine's own processor.</summary>
    public string LabAgent { get; init; } = "";

    /// <summary>Seconds after which the lab tries no further processor with a variant; less than a function may take.</summary>
    public int MaxLabSeconds { get; init; } = 5400;

    /// <summary>Days after which a channel document expires if nobody renews it.</summary>
    public int ChannelDays { get; init; } = 7;

    /// <summary>Seconds between two runs of the timer, as its schedule has it: one that is much later shows that the service was away.</summary>
    public int TickSeconds { get; init; } = 60;

    /// <summary>Create missing containers, queues and tables at start. Off where the deployment made them.</summary>
    public bool CreateStorage { get; init; }

    /// <summary>Releases of each model that a collection keeps beside those in use.</summary>
    public int KeepReleases { get; init; } = 3;

    /// <summary>Hours that a blob stays though no release needs it; longer than any packaging takes.</summary>
    public int GarbageGraceHours { get; init; } = 24;

    /// <summary>Deaths of the host after which a message that was being worked on is given up.</summary>
    public int MaxHostDeaths { get; init; } = 2;

    /// <summary>Where the release key is: a PEM file, or the URL of a Key Vault key.</summary>
    public string ReleaseKey { get; init; } = "";

    /// <summary>Where the director key is: a PEM file, or the URL of a Key Vault key.</summary>
    public string DirectorKey { get; init; } = "";

    /// <summary>Where the key of snapshot and timestamp metadata is: a PEM file, or the URL of a Key Vault key.</summary>
    public string OnlineKey { get; init; } = "";

    /// <summary>Where the key is that signs devices' certificates: a PEM file, or the URL of a Key Vault key.</summary>
    public string FleetKey { get; init; } = "";

    /// <summary>Days that a device's certificate is good for; it is renewed when two thirds are over.</summary>
    public int DeviceDays { get; init; } = 90;

    /// <summary>
    /// SHA-256 of a token with which any number of devices may enrol at any time, in hexadecimal; empty where tokens are made
    /// one by one. For one machine: who has it may also give a device that is enrolled another key.
    /// </summary>
    public string GroupTokenSha256 { get; init; } = "";

    /// <summary>Folder with root metadata to put into storage at start; empty where it is uploaded by hand.</summary>
    public string RootFolder { get; init; } = "";

    /// <summary>SHA-256 of a key that is always an admin's, in hexadecimal; empty where the first key is made by hand.</summary>
    public string AdminKeySha256 { get; init; } = "";

    /// <exception cref="InvalidOperationException">Lists every setting that is out of range.</exception>
    internal static PipelineOptions Bind(IConfiguration configuration)
    {
        var options = configuration.GetSection(Section).Get<PipelineOptions>() ?? new();
        var errors = new List<string>();
        Check(options.WorkFolder.Length > 0, "WorkFolder", "name a folder");
        Check(options.MaxFileBytes is > 0 and <= 1L << 42, "MaxFileBytes", "use 1 to 4398046511104");
        Check(options.MaxUploadBytes >= options.MaxFileBytes, "MaxUploadBytes", "use at least MaxFileBytes");
        Check(options.MaxUploadFiles is > 0 and <= 4096, "MaxUploadFiles", "use 1 to 4096");
        Check(options.MaxTextBytes is >= 1024 and <= 1 << 28, "MaxTextBytes", "use 1024 to 268435456");
        Check(options.MaxWaitSeconds is >= 0 and <= 3600, "MaxWaitSeconds", "use 0 to 3600");
        Check(options.Threads is > 0 and <= 256, "Threads", "use 1 to 256");
        Check(options.RunMemoryBytes is 0 or >= 16 << 20 and <= 1L << 42, "RunMemoryBytes", "use 0, or 16777216 to 4398046511104");
        Check(options.MaxRunSeconds is > 0 and <= 7000, "MaxRunSeconds", "use 1 to 7000");
        Check(options.MaxRunFileBytes is >= 1 << 20 and <= 1L << 42, "MaxRunFileBytes", "use 1048576 to 4398046511104");
        Check(options.MaxRunThreads is > 0 and <= 4096, "MaxRunThreads", "use 1 to 4096");
        Check(options.MaxPredictionBytes is >= 0 and <= 1L << 42, "MaxPredictionBytes", "use 0 to 4398046511104");
        Check(
            (options.LabScripts.Length > 0) == (options.LabAgent.Length > 0), "LabScripts",
            "name the lab's scripts and LabAgent, this machine's agent, or neither");
        Check(options.MaxLabSeconds is > 0 and <= 86_400, "MaxLabSeconds", "use 1 to 86400");
        Check(options.ChannelDays is > 0 and <= 365, "ChannelDays", "use 1 to 365");
        Check(options.TickSeconds is > 0 and <= 3600, "TickSeconds", "use 1 to 3600");
        Check(options.KeepReleases is > 0 and <= 1000, "KeepReleases", "use 1 to 1000");
        Check(options.GarbageGraceHours is > 1 and <= 8760, "GarbageGraceHours", "use 2 to 8760");
        Check(options.MaxHostDeaths is > 0 and <= 100, "MaxHostDeaths", "use 1 to 100");
        Check(options.ReleaseKey.Length > 0, "ReleaseKey", "name a PEM file or a Key Vault key");
        Check(options.DirectorKey.Length > 0, "DirectorKey", "name a PEM file or a Key Vault key");
        Check(options.OnlineKey.Length > 0, "OnlineKey", "name a PEM file or a Key Vault key");
        Check(options.FleetKey.Length > 0, "FleetKey", "name a PEM file or a Key Vault key");
        Check(options.DeviceDays is > 0 and <= 3650, "DeviceDays", "use 1 to 3650");
        Check(IsHash(options.GroupTokenSha256), "GroupTokenSha256", "use 64 lower-case hexadecimal digits, or nothing");
        Check(IsHash(options.AdminKeySha256), "AdminKeySha256", "use 64 lower-case hexadecimal digits, or nothing");
        return errors.Count == 0
            ? options
            : throw new InvalidOperationException("The configuration is not usable: " + string.Join("; ", errors) + ".");

        void Check(bool holds, string name, string cure)
        {
            if (!holds)
            {
                errors.Add($"{Section}:{name}: {cure}");
            }
        }
    }

    private static bool IsHash(string text) => text.Length == 0 || (text.Length == 64 && text.All(char.IsAsciiHexDigitLower));
}
