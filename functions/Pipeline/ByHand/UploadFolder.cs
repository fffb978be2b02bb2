using SlmOps.Contracts;
using SlmOps.Inference.Samples;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Validate;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.ByHand;

/// <summary>What intake makes of a folder or file, for those who ask before they upload.</summary>
public static class UploadFolder
{
    /// <summary>The file that starts a run, and says what is wanted of it.</summary>
    public const string ManifestFile = UploadName.ManifestFile;

    /// <summary>True for a slmops.json that adapts another model, and has none of its own.</summary>
    public static bool IsAdaptation(byte[] manifest) => AdaptReader.IsAdaptation(manifest);

    /// <summary>Name and version of a model that is dropped as one file; a version that the name lacks is made from its digest.</summary>
    public static (string Model, string? Version) Dropped(string blob)
    {
        var upload = UploadName.From("drop", blob)!;
        return (upload.Model, upload.Version);
    }

    /// <summary>True for a model that is judged by the text that it predicts.</summary>
    public static bool IsLanguageModel(ModelFacts facts) => IntakePolicy.IsLanguageModel(facts);

    /// <summary>The inputs that a model is judged on, by what its slmops.json says of them; without one, null says nothing.</summary>
    /// <param name="manifest">Bytes of slmops.json, or null.</param>
    /// <param name="folder">Folder that the paths of sample files begin in.</param>
    /// <param name="facts">The model.</param>
    public static (SampleOptions Samples, IReadOnlyList<Problem> Problems) Samples(byte[]? manifest, string folder, ModelFacts facts)
    {
        var (asked, problems) = manifest is null
            ? (SampleRequest.Default, [])
            : UploadManifestReader.Samples(manifest, ManifestFile);
        var rows = facts.Inputs.Where(input => input.Rows is not null).ToDictionary(input => input.Name, input => input.Rows!.Value);
        var options = new SampleOptions
        {
            Inputs = ModelInputs.Hints(asked, rows),
            NamedDimensions = asked.Dimensions,
            SampleFiles = [.. asked.Files.Select(file => Path.Combine(folder, file))],
        };
        return (options, problems);
    }
}
