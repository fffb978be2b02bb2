using System.Text.Json;
using System.Text.Json.Serialization;

namespace SlmOps.Packaging;

/// <summary>The schema number of a document whose form is not known yet.</summary>
internal sealed record SchemaOnly(int? Schema);

/// <summary>The one JSON context of this library; documents with a digest are written and read by hand.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, MaxDepth = 32)]
[JsonSerializable(typeof(SchemaOnly))]
internal sealed partial class PackagingJson : JsonSerializerContext;
