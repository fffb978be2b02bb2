using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;

namespace SlmOps.Packaging.Tuf;

/// <summary>A release in targets metadata.</summary>
internal static class TargetJson
{
    private const int MaxTargets = 10_000;
    private const int MaxDeltas = 256;

    internal static string PathOf(ReleaseRef release) => $"{release.Model}/{release.Version}";

    internal static void Write(Utf8JsonWriter json, ReleaseTarget target)
    {
        json.WriteStartObject(PathOf(target.Release));
        json.WriteNumber("length", target.Release.Size);
        json.WriteStartObject("hashes");
        json.WriteString("sha256", target.Release.Digest.Hex);
        json.WriteEndObject();
        json.WriteStartObject("custom");
        json.WriteNumber("release_seq", target.Sequence);
        json.WriteNumber("security_floor", target.SecurityFloor);
        json.WriteString("signature", target.Release.Signature.ToString());
        json.WriteStartArray("deltas");
        foreach (var delta in target.Deltas)
        {
            json.WriteStartObject();
            json.WriteString("from", delta.From.ToString());
            json.WriteString("to", delta.To.ToString());
            json.WriteString("digest", delta.Delta.Digest.ToString());
            json.WriteNumber("size", delta.Delta.Size);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    internal static IReadOnlyList<ReleaseTarget> Read(StrictJson targets) =>
        [.. targets.Child("targets").Members(MaxTargets).Select(member => Read(member.Name, member.Value))];

    private static ReleaseTarget Read(string path, StrictJson target)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !ModelName.TryParse(path[..slash], out var model) || !ModelVersion.TryParse(path[(slash + 1)..], out var version))
        {
            throw target.Refuse("unsafe-path", $"has the target path '{StrictJson.Shown(path)}'; expected model/version.");
        }

        var custom = target.Child("custom");
        return new(
            new(
                model,
                version,
                target.Child("hashes").BareDigest("sha256"),
                target.Number("length", 1, Limits.IndexBytes),
                custom.Digest("signature")),
            custom.Number("release_seq", 1, long.MaxValue),
            custom.Number("security_floor", 0, long.MaxValue),
            [
                .. custom.Children("deltas", MaxDeltas).Select(delta => new DeltaOffer(
                    delta.Digest("from"),
                    delta.Digest("to"),
                    new(delta.Digest("digest"), delta.Number("size", 1, Limits.ManifestBytes)))),
            ]);
    }
}
