namespace SlmOps.Contracts;

/// <summary>An upload was accepted and its variants are planned.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="SourceDigest">Digest over the paths and digests of all uploaded files and the recipe.</param>
/// <param name="Bytes">Size of all uploaded files in bytes.</param>
/// <param name="Parameters">Number of weight elements in the graph.</param>
/// <param name="Variants">Planned variants, by name.</param>
public sealed record ModelReceived(
    ModelName Model, ModelVersion Version, Digest SourceDigest, long Bytes, long Parameters, IReadOnlyList<string> Variants);

/// <summary>An upload, or all variants made of it, was refused. The upload is kept as it was.</summary>
/// <param name="Model">The name it was uploaded under, which may be no <see cref="ModelName"/>: that may be why.</param>
/// <param name="Version">The version likewise; empty where none could be told.</param>
/// <param name="Upload">Container and blob name that started the run.</param>
/// <param name="Stage">The stage that refused.</param>
/// <param name="Problems">Every problem found, at least one.</param>
public sealed record ModelRejected(
    string Model, string Version, string Upload, string Stage, IReadOnlyList<Problem> Problems);

/// <summary>One thing wrong with an input: what, where and what to do.</summary>
/// <param name="Code">Stable machine-readable code in kebab case, such as <c>external-data-missing</c>.</param>
/// <param name="Message">One sentence that names the thing.</param>
/// <param name="Cure">What the user can do.</param>
/// <param name="File">The file, when one is to blame.</param>
/// <param name="Line">1-based line in that file, when it is text.</param>
public sealed record Problem(string Code, string Message, string Cure, string? File = null, int? Line = null);

/// <summary>A variant was built.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="Variant">Variant name.</param>
/// <param name="Recipe">Quantizer recipe.</param>
/// <param name="Bytes">Bytes of graph and weights.</param>
/// <param name="Ratio">Bytes of this variant divided by bytes of the original.</param>
/// <param name="Digest">Digest over the variant's files.</param>
public sealed record ModelQuantized(
    ModelName Model, ModelVersion Version, string Variant, string Recipe, long Bytes, double Ratio, Digest Digest);

/// <summary>A variant was measured against the original and judged.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="Variant">Variant name.</param>
/// <param name="Accepted">True when the acceptance policy lets it through.</param>
/// <param name="Reason">The verdict in one sentence.</param>
/// <param name="Figures">What was measured.</param>
public sealed record ModelValidated(
    ModelName Model, ModelVersion Version, string Variant, bool Accepted, string Reason, VariantFigures Figures);

/// <summary>The accepted variants were packaged and signed.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="Variants">Variant name to package manifest digest.</param>
/// <param name="Bytes">Bytes of all packages together, shared blobs counted once.</param>
public sealed record ModelPackaged(
    ModelName Model, ModelVersion Version, IReadOnlyDictionary<string, Digest> Variants, long Bytes);

/// <summary>A release exists and may be rolled out.</summary>
/// <param name="Release">Where it is.</param>
/// <param name="Channel">The channel it goes to.</param>
/// <param name="RunId">The run that made it.</param>
public sealed record ModelReleased(ReleaseRef Release, ChannelName Channel, string RunId);

/// <summary>An adaptation was checked against every variant of its base, composed and signed, and goes to its channel.</summary>
/// <param name="Name">Name of the adaptation.</param>
/// <param name="Version">Its version.</param>
/// <param name="Model">Model that it adapts.</param>
/// <param name="ModelVersion">Version of that model.</param>
/// <param name="Channel">The channel it goes to.</param>
/// <param name="Selector">Labels of the devices it is for.</param>
/// <param name="Compositions">Variant name of the base to composition digest.</param>
/// <param name="RunId">The run that made it.</param>
public sealed record AdaptationReleased(
    ModelName Name, ModelVersion Version, ModelName Model, ModelVersion ModelVersion, ChannelName Channel,
    IReadOnlyDictionary<string, string> Selector, IReadOnlyDictionary<string, Digest> Compositions, string RunId);
