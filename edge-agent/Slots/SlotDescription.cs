using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.Packaging.Compositions;

namespace SlmOps.EdgeAgent.Slots;

/// <summary>
/// The file <c>composition.json</c> of a slot with a composition: what was laid over the variant, and which adapters are
/// to be active, for whoever serves the model and for the smoke test.
/// </summary>
/// <param name="Schema">Format version, 1.</param>
/// <param name="Base">Manifest digest of the variant.</param>
/// <param name="Composition">Digest of the composition.</param>
/// <param name="Name">Name of the adaptation.</param>
/// <param name="Version">Its version.</param>
/// <param name="Adapters">Adapter files of the composition, in the order in which they are active.</param>
/// <param name="LocalAdapters">Adapter files of the device's own layer, active after those.</param>
internal sealed record SlotDescription(
    int Schema,
    Digest Base,
    Digest Composition,
    ModelName Name,
    ModelVersion Version,
    IReadOnlyList<string> Adapters,
    IReadOnlyList<string> LocalAdapters)
{
    internal const string FileName = "composition.json";

    /// <summary>Prompts with the adapted model's answers; it comes with the composition.</summary>
    internal const string SmokeFile = "adapters/smoke.json";

    internal const string AdapterEnding = ".onnx_adapter";

    private const int MaxBytes = 256 << 10;

    /// <summary>The description of a folder; null when there is none.</summary>
    /// <exception cref="InvalidDataException">When it is not one, or names a file outside the folder.</exception>
    internal static SlotDescription? Read(string folder)
    {
        if (DurableFile.Read(System.IO.Path.Combine(folder, FileName), MaxBytes) is not { } bytes)
        {
            return null;
        }

        var found = JsonSerializer.Deserialize(bytes, SlotJson.Default.SlotDescription);
        return found is { Schema: 1 } && found.Adapters.Concat(found.LocalAdapters).All(SafePath.IsValid)
            ? found
            : throw new InvalidDataException($"{FileName} is not the description of a composition.");
    }

    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, SlotJson.Default.SlotDescription);
}
