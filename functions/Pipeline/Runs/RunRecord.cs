using System.Text.Json.Serialization;
using SlmOps.Contracts;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Runs;

/// <summary>What intake accepted: the root of a run. Everything after it works from these digests alone.</summary>
internal sealed record RunRecord
{
    /// <summary>Model name.</summary>
    public required ModelName Model { get; init; }

    /// <summary>Model version.</summary>
    public required ModelVersion Version { get; init; }

    /// <summary>Container and blob that started the run.</summary>
    public required string Upload { get; init; }

    /// <summary>Digest over paths and digests of all files.</summary>
    public required Digest SourceDigest { get; init; }

    /// <summary>The files, as kept in the artifacts container.</summary>
    public required IReadOnlyList<StoredFile> Files { get; init; }

    /// <summary>
    /// The layers that packaging cuts the original's weights into, as far as their digests were computed while it was read.
    /// </summary>
    public IReadOnlyList<StoredFile> Layers { get; init; } = [];

    /// <summary>Paths of the external data files that the graph names.</summary>
    public required IReadOnlyList<string> WeightFiles { get; init; }

    /// <summary>What to make of it, every file named.</summary>
    // Rows of earlier versions hold it under this name.
    [JsonPropertyName("recipe")]
    public required UploadManifest Manifest { get; init; }

    /// <summary>Whether it is judged by perplexity or by its outputs.</summary>
    public required bool IsLanguageModel { get; init; }

    /// <summary>Weight elements.</summary>
    public required long Parameters { get; init; }

    /// <summary>Bytes of the weights.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Time of the newest uploaded file: the creation time of everything made of it.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When intake finished.</summary>
    public DateTimeOffset ReceivedAt { get; init; }

    /// <summary>How long intake took.</summary>
    public long IntakeMs { get; init; }

    /// <summary>W3C trace context of the upload.</summary>
    public string? Traceparent { get; init; }

    internal const string Row = "run";

    internal RunKey Key => new(Model, Version);

    /// <summary>The channel that it goes to; unless somebody says another, the one that is called like the model.</summary>
    internal ChannelName Channel => Manifest.Rollout.Channel ?? ChannelName.Of(Model);

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
