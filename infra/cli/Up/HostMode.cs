using SlmOps.Local;

namespace SlmOps.Cli.Up;

/// <summary>What runs the functions: <c>--host</c> of <c>slmops up</c>.</summary>
internal static class HostMode
{
    /// <summary>The host of the local platform.</summary>
    internal const string BuiltIn = "built-in";

    /// <summary>The Azure Functions Core Tools, where they are installed.</summary>
    internal const string CoreTools = "core-tools";

    /// <summary>Nothing: the functions run elsewhere, or not at all.</summary>
    internal const string None = "none";

    internal static readonly string[] All = [BuiltIn, CoreTools, None];

    /// <summary>Starts what runs the functions beside the platform; null when the platform does it, or nobody.</summary>
    internal static CoreToolsHost? Start(string mode, LocalPlatform platform, Action<string> line) => mode == CoreTools
        ? CoreToolsHost.Start(
            Installation.AppFolder(), platform.Endpoints.FunctionsUrl.Port, CoreToolsHost.Settings(platform.Endpoints), line)
        : null;
}
