namespace SlmOps.EdgeAgent.Options;

/// <summary>The settings as they were typed; null where nothing was.</summary>
internal sealed record RawOptions
{
    public string? Url { get; init; }

    public string? Token { get; init; }

    public string? TokenFile { get; init; }

    public string? Channel { get; init; }

    public string? Id { get; init; }

    public string? Data { get; init; }

    public string? Trust { get; init; }

    public IReadOnlyList<string> Labels { get; init; } = [];

    public string? Memory { get; init; }

    public string? Prefer { get; init; }

    public string? Poll { get; init; }

    public string? Launcher { get; init; }
}
