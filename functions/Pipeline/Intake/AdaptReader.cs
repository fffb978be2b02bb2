using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Intake;

/// <summary>
/// Reads the <c>slmops.json</c> of an adaptation; every problem is found, each with its line and its cure.
/// <code>{ "adapts": { "model": "pydocs-slm", "version": "1.0.0", "selector": { "site": "lab" }, "localLayer": true } }</code>
/// </summary>
internal static class AdaptReader
{
    /// <summary>True when the file says that the upload adapts a model. One that cannot be read is left to the reader of models.</summary>
    internal static bool IsAdaptation(byte[] utf8)
    {
        try
        {
            return JsonOutline.Parse(utf8).Members.ContainsKey(ManifestKeys.Adapts.Name);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The request, or what is wrong with it.</summary>
    internal static (AdaptRequest? Request, IReadOnlyList<Problem> Problems) Read(byte[] utf8, string file, RunKey run)
    {
        var problems = new List<Problem>();
        var root = new ManifestFields(JsonOutline.Parse(utf8), "the document", file, problems);
        root.Text(ManifestKeys.Schema);
        root.Integer(ManifestKeys.Format);
        Same(root, ManifestKeys.Name, run.Model);
        Same(root, ManifestKeys.Version, run.Version);
        var request = root.Object(ManifestKeys.Adapts) is { } fields ? Adapts(fields) : null;
        root.Done();
        if (request?.Model == run.Model)
        {
            root.Refuse(ManifestKeys.Adapts, $"'{run.Model}' would adapt itself", "Upload the adaptation under a name of its own");
        }

        return problems.Count == 0 ? (request, []) : (null, problems);
    }

    private static AdaptRequest Adapts(ManifestFields fields)
    {
        var request = new AdaptRequest(
            fields.Name<ModelName>(ManifestKeys.AdaptedModel) ?? default,
            fields.Name<ModelVersion>(ManifestKeys.AdaptedVersion),
            fields.Name<ChannelName>(ManifestKeys.AdaptedChannel),
            fields.Labels(ManifestKeys.AdaptedSelector),
            fields.Flag(ManifestKeys.LocalLayer),
            fields.Integer(ManifestKeys.AdaptedSoakSeconds));
        fields.Done();
        return request;
    }

    private static void Same(ManifestFields fields, NameKey key, string expected)
    {
        if (fields.Name(key) is { } given && given != expected)
        {
            fields.Refuse(key, $"'{given}' differs from '{expected}', where the files were uploaded",
                $"Remove \"{key.Name}\" or upload to the folder that it names");
        }
    }
}
