using SlmOps.Contracts;

namespace SlmOps.Pipeline.Runs;

/// <summary>What <c>slmops.json</c> says of an adaptation, with every default filled in.</summary>
/// <param name="Model">The model that it adapts.</param>
/// <param name="Version">The version of it; null for what its channel runs as stable when the upload arrives.</param>
/// <param name="Channel">The channel whose devices get it; null for the model's own.</param>
/// <param name="Selector">Labels of the devices that get it; empty for all.</param>
/// <param name="LocalLayer">Whether a device may add a layer of its own.</param>
/// <param name="SoakSeconds">How long a device watches it before it commits.</param>
internal sealed record AdaptRequest(
    ModelName Model, string? Version, string? Channel, IReadOnlyDictionary<string, string> Selector, bool LocalLayer, int SoakSeconds)
{
    internal const int DefaultSoakSeconds = 60;
}

/// <summary>An accepted adaptation: base and channel are settled, and every file has its part.</summary>
/// <param name="Model">The model that it adapts.</param>
/// <param name="Version">The version of it.</param>
/// <param name="Channel">The channel whose devices get it.</param>
/// <param name="Selector">Labels of the devices that get it.</param>
/// <param name="LocalLayer">Whether a device may add a layer of its own.</param>
/// <param name="SoakSeconds">How long a device watches it before it commits.</param>
/// <param name="Adapters">Paths of the adapters, in the order in which they are active.</param>
/// <param name="Patches">Paths of the merge patches.</param>
internal sealed record Adaptation(
    ModelName Model,
    ModelVersion Version,
    ChannelName Channel,
    IReadOnlyDictionary<string, string> Selector,
    bool LocalLayer,
    int SoakSeconds,
    IReadOnlyList<string> Adapters,
    IReadOnlyList<string> Patches)
{
    /// <summary>Folder of adapters, in the upload as on the device.</summary>
    internal const string AdapterFolder = "adapters/";

    /// <summary>Ending of an adapter file.</summary>
    internal const string AdapterEnding = ".onnx_adapter";

    /// <summary>Ending of a merge patch, after the whole name of the file that it changes.</summary>
    internal const string PatchEnding = ".json.patch";

    /// <summary>Prompts with the adapted model's answers, made by the pipeline.</summary>
    internal const string SmokeFile = "adapters/smoke.json";

    /// <summary>The file that a patch changes.</summary>
    internal static string TargetOf(string patch) => patch[..^".patch".Length];

    internal RunKey BaseRun => new(Model, Version);
}
