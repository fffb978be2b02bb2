using System.Text.Json.Serialization;
using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.State;

/// <summary>What a slot holds.</summary>
/// <param name="Release">The release it came from.</param>
/// <param name="Variant">The variant as it was offered.</param>
/// <param name="Committed">True once a soak passed: a way back may only lead to such a slot.</param>
internal sealed record SlotContent(ReleaseRef Release, VariantOffer Variant, bool Committed)
{
    /// <summary>Sequence under which the metadata lists the release; 0 when it was installed before there was metadata.</summary>
    public long Sequence { get; init; }

    /// <summary>What is laid over the variant, or null for the plain variant.</summary>
    [JsonPropertyName("overlay")]
    public AdaptationPick? Adaptation { get; init; }
}
