using System.Text.Json.Serialization;
using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.State;

/// <summary>What a slot holds.</summary>
/// <param name="Release">The release it came from.</param>
/// <param name="Variant">The variant as it was offered.</param>
/// <param name="Committed">True once a soak passed here: a way back may only lead to such a slot.</param>
internal sealed record SlotContent(ReleaseRef Release, VariantOffer Variant, bool Committed)
{
    /// <summary>Sequence under which the metadata lists the release; 0 when it was installed before there was metadata.</summary>
    public long Sequence { get; init; }

    /// <summary>
    /// True once a channel named the release as its stable one. A candidate that was superseded before is no way back, however well
    /// it ran here. Null in files from before this was kept, which count as true.
    /// </summary>
    public bool? Proven { get; init; }

    /// <summary>What is laid over the variant, or null for the plain variant.</summary>
    [JsonPropertyName("overlay")]
    public AdaptationPick? Adaptation { get; init; }
}
