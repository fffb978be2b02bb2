using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using SlmOps.Pipeline.Runs;
using SlmOps.Quantizer.Options;
using SlmOps.Quantizer.Recipes;

namespace SlmOps.Pipeline.Intake;

/// <summary>
/// The JSON schema of <c>slmops.json</c>, made of the declarations that the reader uses. It is written in draft 7, which
/// every editor knows, and is a little more lenient than the reader: it does not compare entries of a list.
/// </summary>
internal static class ManifestSchema
{
    private const string SafeNamePattern = "^(?!.*\\.\\.)[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$";
    private const string SafePathPattern = "^(?!/)(?!.*(^|/)\\.{1,2}(/|$))[^\\\\:*?\"<>|\\u0000-\\u001f]{1,512}$";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The document, as it is published.</summary>
    internal static string Text => Root().ToJsonString(Indented) + "\n";

    private static JsonObject Root() => new()
    {
        ["$schema"] = "http://json-schema.org/draft-07/schema#",
        ["title"] = "slmops.json",
        ["description"] = "What to make of a model, or of an adaptation of one.",
        ["type"] = "object",
        ["if"] = new JsonObject { ["required"] = new JsonArray(ManifestKeys.Adapts.Name) },
        ["then"] = Keys(ManifestKeys.OfAdaptation),
        ["else"] = Keys(ManifestKeys.OfModel),
    };

    private static JsonObject Keys(IEnumerable<ManifestKey> keys)
    {
        var (properties, required) = (new JsonObject(), new JsonArray());
        foreach (var key in keys)
        {
            var schema = Of(key);
            schema.Insert(0, "description", key.Help + (key.Otherwise is { Length: > 0 } otherwise ? $" Default: {otherwise}." : ""));
            properties[key.Name] = schema;
            if (key.Required)
            {
                required.Add(key.Name);
            }
        }

        var node = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        if (required.Count > 0)
        {
            node["required"] = required;
        }

        return node;
    }

    private static JsonObject Of(ManifestKey key) => key switch
    {
        NameKey => new() { ["type"] = "string", ["pattern"] = SafeNamePattern },
        PathKey => new() { ["type"] = "string", ["pattern"] = SafePathPattern },
        IntegerKey { Least: var least, Most: var most } only when least == most => new() { ["const"] = least },
        IntegerKey integer => new()
        {
            ["type"] = "integer",
            ["minimum"] = integer.Least,
            ["maximum"] = integer.Most,
            ["default"] = integer.Default,
        },
        NumberKey { Otherwise: not null } number => new() { ["type"] = "number", ["minimum"] = number.Least, ["maximum"] = number.Most },
        NumberKey number => new()
        {
            ["type"] = "number",
            ["minimum"] = number.Least,
            ["maximum"] = number.Most,
            ["default"] = number.Default,
        },
        FlagKey flag => new() { ["type"] = "boolean", ["default"] = flag.Default },
        ChoiceKey choice => new() { ["enum"] = Array(choice.Choices) },
        WordsKey words => new()
        {
            ["type"] = "array",
            ["minItems"] = 1,
            ["maxItems"] = words.Choices.Count,
            ["items"] = new JsonObject { ["enum"] = Array(words.Choices) },
        },
        LabelsKey labels => new()
        {
            ["type"] = "object",
            ["maxProperties"] = labels.Most,
            ["propertyNames"] = new JsonObject { ["pattern"] = SafeNamePattern },
            ["additionalProperties"] = new JsonObject { ["type"] = "string", ["pattern"] = SafeNamePattern },
        },
        PathsKey paths => Paths(paths),
        SizesKey sizes => new() { ["type"] = "object", ["maxProperties"] = sizes.Most, ["additionalProperties"] = Size(sizes.Largest) },
        ShapeKey shape => new() { ["type"] = "array", ["maxItems"] = shape.Most, ["items"] = Size(shape.Largest) },
        NamedKey named => new() { ["type"] = "object", ["maxProperties"] = named.Most, ["additionalProperties"] = Keys(named.Keys) },
        ObjectKey inner => Keys(inner.Keys),
        ListKey list => new()
        {
            ["type"] = "array",
            ["maxItems"] = list.Most,
            ["items"] = list == ManifestKeys.Variants ? Variant(list) : Keys(list.Keys),
        },
        OptionKey option => Of(option.Option),
        _ => new() { ["type"] = "string" },
    };

    private static JsonObject Paths(PathsKey key)
    {
        JsonObject Path() => new()
        {
            ["type"] = "string",
            ["allOf"] = new JsonArray(
                new JsonObject { ["pattern"] = SafePathPattern },
                new JsonObject { ["pattern"] = $"\\.({string.Join('|', key.Endings.Select(ending => ending.TrimStart('.')))})$" }),
        };

        var several = new JsonObject { ["type"] = "array", ["maxItems"] = key.Most, ["items"] = Path() };
        return new() { ["anyOf"] = new JsonArray(Path(), several) };
    }

    private static JsonObject Size(int largest) => new() { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = largest };

    private static JsonObject Of(OptionDeclaration option)
    {
        switch (option.Kind)
        {
            case OptionKind.WholeNumber when option.Allowed.Count > 0:
                return new() { ["enum"] = new JsonArray([.. option.Allowed.Select(value => (JsonNode)value)]) };
            case OptionKind.WholeNumber or OptionKind.Number:
                var number = new JsonObject { ["type"] = option.Kind == OptionKind.WholeNumber ? "integer" : "number" };
                number[option.AboveLeast ? "exclusiveMinimum" : "minimum"] = option.Least;
                if (option.Most < double.MaxValue)
                {
                    number["maximum"] = option.Most;
                }

                return number;
            case OptionKind.Names:
                return new()
                {
                    ["type"] = "array",
                    ["maxItems"] = ManifestKeys.MostPatterns,
                    ["items"] = new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = ManifestKeys.LongestPattern },
                };
            case OptionKind.Switch:
                return new() { ["type"] = "boolean", ["default"] = option.Default };
            default:
                return new() { ["type"] = "boolean" };
        }
    }

    // An option that a recipe does nothing with is refused beside it, as the reader does.
    private static JsonObject Variant(ListKey list)
    {
        var rules = new JsonArray();
        rules.Add(Rule(VariantRequest.Original, []));
        foreach (var recipe in RecipeCatalog.All)
        {
            rules.Add(Rule(recipe.Name, [.. OptionChecker.Required(recipe).Select(option => option.Name)], recipe));
        }

        var variant = Keys(list.Keys);
        variant["allOf"] = rules;
        return variant;
    }

    private static JsonObject Rule(string name, List<string> oneOf, Recipe? recipe = null)
    {
        var refused = new JsonObject();
        foreach (var key in ManifestKeys.VariantOptions.Where(key => recipe is null || !key.Fits(recipe)))
        {
            refused[key.Name] = false;
        }

        var then = new JsonObject { ["properties"] = refused };
        if (oneOf.Count > 0)
        {
            then["anyOf"] = new JsonArray([.. oneOf.Select(option => new JsonObject { ["required"] = new JsonArray(option) })]);
        }

        return new()
        {
            ["if"] = new JsonObject
            {
                ["properties"] = new JsonObject { [ManifestKeys.VariantRecipe.Name] = new JsonObject { ["const"] = name } },
            },
            ["then"] = then,
        };
    }

    private static JsonArray Array(IEnumerable<string> words) => new([.. words.Select(word => (JsonNode)word)]);
}
