using System.Text.Json;
using System.Text.Json.Nodes;
using SlmOps.Packaging.Format;

namespace SlmOps.Packaging.Compositions;

/// <summary>What came of laying a patch over a configuration file.</summary>
/// <param name="Content">The new file, or null.</param>
/// <param name="ReasonCode">Null, or <c>too-large</c>, <c>not-json</c>, <c>key-not-allowed</c>.</param>
/// <param name="Reason">The reason in one sentence.</param>
public sealed record OverlayResult(byte[]? Content, string? ReasonCode, string? Reason);

/// <summary>JSON merge patch (RFC 7396) over a configuration file, for keys that change how a model answers and not what it is.</summary>
public static class ConfigOverlay
{
    /// <summary>Largest configuration file or patch in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The keys a patch may set, with everything below them: sampling and length, never files or graphs.</summary>
    public static IReadOnlyList<string> DefaultKeys { get; } =
    [
        "search", "generation", "temperature", "top_k", "top_p", "min_p", "do_sample", "repetition_penalty",
        "max_length", "max_new_tokens", "seed", "stop", "system_prompt",
    ];

    /// <summary>Applies a patch.</summary>
    /// <param name="content">The file of the base.</param>
    /// <param name="patch">The patch.</param>
    /// <param name="allowedKeys">Allowed keys; a dotted key such as <c>model.context_length</c> names one below another.</param>
    public static OverlayResult Apply(ReadOnlySpan<byte> content, ReadOnlySpan<byte> patch, IReadOnlyList<string> allowedKeys)
    {
        if (content.Length > MaxBytes || patch.Length > MaxBytes)
        {
            return new(null, "too-large", $"A configuration file and a patch may have {MaxBytes} bytes each.");
        }

        if (Parse(content) is not { } target || Parse(patch) is not { } change)
        {
            return new(null, "not-json", "The configuration file or the patch is not a JSON object.");
        }

        if (FindForbidden(change, "", allowedKeys) is { } key)
        {
            return new(
                null,
                "key-not-allowed",
                $"The patch sets '{StrictJson.Shown(key)}'; allowed are: {string.Join(", ", allowedKeys)}.");
        }

        Merge(target, change);
        return new(CanonicalJson.Write(json => target.WriteTo(json)), null, null);
    }

    private static string? FindForbidden(JsonObject change, string prefix, IReadOnlyList<string> allowed)
    {
        foreach (var (name, value) in change)
        {
            var key = prefix + name;
            if (allowed.Contains(key))
            {
                continue;
            }

            var leadsToAllowed = allowed.Any(one => one.StartsWith(key + ".", StringComparison.Ordinal));
            if (!leadsToAllowed || value is not JsonObject inner)
            {
                return key;
            }

            if (FindForbidden(inner, key + ".", allowed) is { } forbidden)
            {
                return forbidden;
            }
        }

        return null;
    }

    /// <summary>RFC 7396, section 2: objects merge, null removes, everything else replaces.</summary>
    private static void Merge(JsonObject target, JsonObject change)
    {
        foreach (var (name, value) in change)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject inner)
            {
                if (target[name] is not JsonObject below)
                {
                    target[name] = below = [];
                }

                Merge(below, inner);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    private static JsonObject? Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonNode.Parse(utf8, null, new JsonDocumentOptions { MaxDepth = 32, AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }
}
