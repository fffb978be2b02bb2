using System.Runtime.InteropServices;
using SlmOps.Pipeline.Processors;

namespace SlmOps.Pipeline.Lab;

/// <summary>What of the lab this machine has, and how a program is started on each processor.</summary>
public sealed record LabTools
{
    /// <summary>Folder with <c>emulate.sh</c>, <c>install.sh</c> and the processors: infra/lab of the project.</summary>
    public required string Scripts { get; init; }

    /// <summary>Folder with the NativeAOT agents: <c>linux-x64/slmops-agent</c>, <c>linux-arm64/slmops-agent</c>.</summary>
    public required string Agents { get; init; }

    /// <summary>The agent that this machine runs itself.</summary>
    public required string NativeAgent { get; init; }

    /// <summary>False where an agent older than the programs built with this one is as good as none: its word goes into a release.</summary>
    public bool TakesStale { get; init; } = true;

    /// <summary>Folder with other versions of ONNX Runtime, each in a folder of its name as npm installs <c>onnxruntime-node</c>.</summary>
    public string Runtimes { get; init; } = "";

    /// <summary>Folders in which programs are looked for.</summary>
    public IReadOnlyList<string> Path { get; init; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What is said where there are none.</summary>
    internal const string None =
        "this service has no device lab: name its parts in SlmOps:LabScripts, SlmOps:LabAgents and SlmOps:LabAgent, as `slmops up` does";

    /// <summary>Those that the settings name; null where they name none.</summary>
    internal static LabTools? Of(PipelineOptions options) => options.LabScripts.Length == 0 ? null : new()
    {
        Scripts = options.LabScripts,
        Agents = options.LabAgents,
        NativeAgent = options.LabAgent,
        TakesStale = false,
    };

    /// <summary>The one command that installs what is missing.</summary>
    public string Install => $"sudo {System.IO.Path.Combine(Scripts, "install.sh")}";

    /// <summary>The one command that builds the agents.</summary>
    public string Build => System.IO.Path.Combine(Scripts, "agents.sh");

    /// <summary>Path of the agent for an architecture, whether it is there or not.</summary>
    public string Agent(string architecture) => System.IO.Path.Combine(Agents, $"linux-{architecture}", "slmops-agent");

    /// <summary>Folder of a version of ONNX Runtime, whether it is there or not.</summary>
    public string Runtime(string version) => System.IO.Path.Combine(Runtimes, version);

    /// <summary>True where a version of ONNX Runtime was installed.</summary>
    public bool HasRuntime(string version) =>
        Directory.Exists(System.IO.Path.Combine(Runtime(version), "node_modules", "onnxruntime-node"));

    /// <summary>Why the processor cannot be tried here and what to do; null when it can.</summary>
    public string? Missing(LabProcessor processor)
    {
        ArgumentNullException.ThrowIfNull(processor);
        if (processor == LabProcessors.Vnni)
        {
            return LabProcessors.NativeHasVnni ? null : "no emulator has AVX-512 VNNI, nor does this machine; run the lab on one that does";
        }

        if (processor.Runtime is { } version)
        {
            return HasRuntime(version) ? null : $"ONNX Runtime {version} is not installed in {Runtime(version)}";
        }

        if (processor.Emulator is not { } emulator)
        {
            return File.Exists(NativeAgent) ? null : $"there is no agent at {NativeAgent}; build the project";
        }

        return MissingEmulator(emulator) ?? MissingAgent(processor)
            ?? (TakesStale || !IsStale(processor)
                ? null
                : $"the agents in {Agents} are older than this build; `{Build}` builds them anew");
    }

    /// <summary>True where the processor's agent is older than the programs that were built with this one: it may not know what it is asked.</summary>
    public bool IsStale(LabProcessor processor)
    {
        ArgumentNullException.ThrowIfNull(processor);
        return processor.IsEmulated && System.IO.Path.GetDirectoryName(NativeAgent) is { } built && Directory.Exists(built)
            && Directory.EnumerateFiles(built, "SlmOps.*.dll").Append(NativeAgent)
                .Any(file => File.GetLastWriteTimeUtc(file) > File.GetLastWriteTimeUtc(Agent(processor.Architecture!)));
    }

    /// <summary>Why nothing can be emulated with it here; null when it can.</summary>
    public string? MissingEmulator(string emulator) =>
        !OperatingSystem.IsLinux() ? "programs for other processors run under Linux alone"
        : !Path.Any(folder => File.Exists(System.IO.Path.Combine(folder, emulator))) ? $"there is no {emulator}; `{Install}` installs it"
        : null;

    /// <summary>What runs a program of an emulated processor here; the program and its arguments follow.</summary>
    public IReadOnlyList<string> Emulate(LabProcessor processor)
    {
        ArgumentNullException.ThrowIfNull(processor);
        return ["bash", System.IO.Path.Combine(Scripts, "emulate.sh"), processor.Name];
    }

    /// <summary>The program and arguments that start this machine's or the processor's agent; the arguments of the agent follow.</summary>
    internal IReadOnlyList<string> Command(LabProcessor processor) => processor.IsEmulated
        ? [.. Emulate(processor), Agent(processor.Architecture!)]
        : processor.Runtime is { } version ? ["node", System.IO.Path.Combine(Scripts, "runtime.cjs"), Runtime(version)]
        : [NativeAgent];

    private string? MissingAgent(LabProcessor processor)
    {
        var agent = Agent(processor.Architecture!);
        return File.Exists(agent) ? null
            : $"there is no agent for {processor.Architecture} at {agent}; "
                + (File.Exists(Build)
                    ? $"`{Build}` builds it"
                    : "build it with infra/lab/agents.sh of the project's source, and name its folder in SLMOPS_LAB_AGENTS");
    }
}
