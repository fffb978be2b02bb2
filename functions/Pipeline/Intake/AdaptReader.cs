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
    private const string Key = "adapts";
    private const int MaxSoakSeconds = 7 * 86_400;

    /// <summary>True when the file says that the upload adapts a model. One that cannot be read is left to the reader of models.</summary>
    internal static bool IsAdaptation(byte[] utf8)
    {
        try
        {
            return JsonOutline.Parse(utf8).Members.ContainsKey(Key);
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
        root.Integer("schema", 1, 1, 1);
        Same(root, "name", run.Model);
        Same(root, "version", run.Version);
        var request = root.Object(Key) is { } fields ? Adapts(fields) : null;
        root.Done();
        if (request?.Model == run.Model)
        {
            root.Refuse(Key, $"'{run.Model}' would adapt itself", "Upload the adaptation under a name of its own");
        }

        return problems.Count == 0 ? (request, []) : (null, problems);
    }

    private static AdaptRequest Adapts(ManifestFields fields)
    {
        var request = new AdaptRequest(
            fields.Name("model", required: true) ?? "",
            fields.Name("version"),
            fields.Name("channel"),
            fields.Labels("selector"),
            fields.Flag("localLayer") ?? false,
            fields.Integer("soakSeconds", AdaptRequest.DefaultSoakSeconds, 0, MaxSoakSeconds));
        if (request.Selector.Count > ChannelOverlay.MaxSelector)
        {
            fields.Refuse("selector", $"it has {request.Selector.Count} labels", $"Use at most {ChannelOverlay.MaxSelector}");
        }

        fields.Done();
        return request;
    }

    private static void Same(ManifestFields fields, string key, string expected)
    {
        if (fields.Name(key) is { } given && given != expected)
        {
            fields.Refuse(key, $"'{given}' differs from '{expected}', where the files were uploaded",
                $"Remove \"{key}\" or upload to the folder that it names");
        }
    }
}
