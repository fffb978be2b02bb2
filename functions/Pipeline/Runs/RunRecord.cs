using System.Text.Json.Serialization;
using SlmOps.Contracts;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Runs;

/// <summary>What intake accepted: the root of a run. Everything after it works from these digests alone.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="Upload">Container and blob that started the run.</param>
/// <param name="SourceDigest">Digest over paths and digests of all files.</param>
/// <param name="Files">The files, as kept in the artifacts container.</param>
/// <param name="WeightFiles">Paths of the external data files that the graph names.</param>
/// <param name="Manifest">What to make of it, every file named.</param>
/// <param name="IsLanguageModel">Whether it is judged by perplexity or by its outputs.</param>
/// <param name="Parameters">Weight elements.</param>
/// <param name="WeightBytes">Bytes of the weights.</param>
/// <param name="CreatedAt">Time of the newest uploaded file: the creation time of everything made of it.</param>
/// <param name="ReceivedAt">When intake finished.</param>
/// <param name="IntakeMs">How long intake took.</param>
/// <param name="Traceparent">W3C trace context of the upload.</param>
internal sealed record RunRecord(
    string Model,
    string Version,
    string Upload,
    Digest SourceDigest,
    IReadOnlyList<StoredFile> Files,
    IReadOnlyList<string> WeightFiles,
    // Rows of earlier versions hold it under this name.
    [property: JsonPropertyName("recipe")] UploadManifest Manifest,
    bool IsLanguageModel,
    long Parameters,
    long WeightBytes,
    DateTimeOffset CreatedAt,
    DateTimeOffset ReceivedAt,
    long IntakeMs,
    string? Traceparent)
{
    internal const string Row = "run";

    internal RunKey Key => new(Model, Version);

    /// <summary>Lowest ONNX Runtime version that runs the original; runs of earlier versions have not asked.</summary>
    public string OriginalMinimumOrt { get; init; } = "1.16.0";

    /// <summary>What it adapts; null for a model.</summary>
    public Adaptation? Adapts { get; init; }

    /// <summary>What was not as it should be and stopped nothing.</summary>
    public IReadOnlyList<Problem> Warnings { get; init; } = [];

    /// <summary>Rows of the table that an input of whole numbers picks from, by the input's name.</summary>
    public IReadOnlyDictionary<string, long> TableRows { get; init; } = new Dictionary<string, long>();

    /// <summary>True for a bfloat16 model, whose float32 twin stands in for it as the baseline.</summary>
    public bool NeedsFloat32Twin { get; init; }
}
