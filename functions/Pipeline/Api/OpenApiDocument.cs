using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.RegularExpressions;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;

namespace SlmOps.Pipeline.Api;

/// <summary>
/// The operators' interface as an OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.1), made from the calls that Contracts
/// declares and the schemas of their answers.
/// </summary>
internal static partial class OpenApiDocument
{
    private const string Key = "operatorKey";

    // Text to whoever reads the document; what a name may be stands at the parameters.
    private static readonly Type[] Names = [typeof(ModelName), typeof(ModelVersion), typeof(ChannelName), typeof(DeviceId)];
    private static readonly Lazy<string> Made = new(() => Build().ToJsonString());

    internal static string Text => Made.Value;

    internal static JsonObject Build()
    {
        var schemas = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        var paths = new JsonObject();
        foreach (var path in OperatorCalls.All.GroupBy(call => call.Route, StringComparer.Ordinal))
        {
            paths["/api/" + path.Key] = new JsonObject(
                path.Select(call => KeyValuePair.Create<string, JsonNode?>(call.Method, Operation(call, schemas))));
        }

        Schema(OperatorJson.Default.Fault, schemas);
        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "SlmOps for operators",
                ["version"] = "1",
                ["description"] = "What people and their tools ask for and command. Devices have an interface of their own.",
                ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["security"] = new JsonArray(new JsonObject { [Key] = new JsonArray() }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject(schemas.Select(schema => KeyValuePair.Create<string, JsonNode?>(schema.Key, schema.Value))),
                ["securitySchemes"] = new JsonObject
                {
                    [Key] = new JsonObject
                    {
                        ["type"] = "http",
                        ["scheme"] = "bearer",
                        ["description"] = "An operator's key; `slmops key add` makes one.",
                    },
                },
            },
        };
    }

    private static JsonObject Operation(OperatorCall call, SortedDictionary<string, JsonNode> schemas)
    {
        var answers = new JsonObject { ["200"] = Answer("Done.", "application/json", Schema(call.Answer, schemas)) };
        if (call.Route.Contains('{', StringComparison.Ordinal) || call.Query.Count > 0)
        {
            answers["400"] = Refusal("A name or parameter is not allowed.");
        }

        answers["401"] = Refusal("The key is missing, unknown, revoked or at its end.");
        answers["403"] = Refusal("The key's role does not allow it.");
        foreach (var (status, meaning) in call.Refusals)
        {
            answers[$"{status}"] = Refusal(meaning);
        }

        return new JsonObject
        {
            ["operationId"] = call.Name,
            ["summary"] = call.Summary,
            ["description"] = $"Needs a key of role {StateName.Of(call.Role)} or above.",
            ["parameters"] = new JsonArray([
                .. Placeholder().Matches(call.Route).Select(match => Parameter(match.Groups[1].Value, "path", null)),
                .. call.Query.Select(query => Parameter(query.Key, "query", query.Value)),
            ]),
            ["responses"] = answers,
        };
    }

    private static JsonNode Parameter(string name, string place, string? meaning)
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = place, ["schema"] = new JsonObject { ["type"] = "string" } };
        if (place == "path")
        {
            parameter["required"] = true;
            parameter["description"] = SafeName.Rule;
        }
        else
        {
            parameter["description"] = meaning;
        }

        return parameter;
    }

    private static JsonObject Refusal(string meaning) => Answer(meaning, "application/problem+json", Reference(nameof(Fault)));

    private static JsonObject Answer(string meaning, string type, JsonNode schema) => new()
    {
        ["description"] = meaning,
        ["content"] = new JsonObject { [type] = new JsonObject { ["schema"] = schema } },
    };

    private static JsonNode Schema(
        System.Text.Json.Serialization.Metadata.JsonTypeInfo answer,
        SortedDictionary<string, JsonNode> schemas) =>
        answer.GetJsonSchemaAsNode(
            new()
            {
                TreatNullObliviousAsNonNullable = true,
                TransformSchemaNode = (context, schema) => Named(context.TypeInfo.Type, schema, schemas),
            }
        );

    /// <summary>Types of ours become components, so that each is described once.</summary>
    private static JsonNode Named(Type type, JsonNode schema, SortedDictionary<string, JsonNode> schemas)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (Names.Contains(bare))
        {
            return new JsonObject { ["type"] = bare == type ? "string" : new JsonArray("string", "null") };
        }

        if (bare.Namespace?.StartsWith("SlmOps.", StringComparison.Ordinal) != true)
        {
            return schema;
        }

        var nullable = bare != type || ((schema as JsonObject)?["type"] as JsonArray)?.Any(kind => (string?)kind == "null") == true;
        schemas.TryAdd(
            bare.Name,
            bare switch
            {
                _ when bare == typeof(Digest) => new JsonObject { ["type"] = "string", ["pattern"] = "^(sha256:[0-9a-f]{64})?$" },
                { IsEnum: true } => new JsonObject { ["type"] = "string", ["enum"] = StatesOf(bare) },
                _ => NotNull(schema),
            }
        );
        return nullable
            ? new JsonObject { ["anyOf"] = new JsonArray(Reference(bare.Name), new JsonObject { ["type"] = "null" }) }
            : Reference(bare.Name);
    }

    private static JsonArray StatesOf(Type states) => new(
        [.. Enum.GetNames(states).Select(name => JsonValue.Create(System.Text.Json.JsonNamingPolicy.SnakeCaseUpper.ConvertName(name)))]);

    private static JsonNode NotNull(JsonNode schema)
    {
        var copy = schema.DeepClone();
        if (copy is JsonObject && copy["type"] is JsonArray)
        {
            copy["type"] = "object";
        }

        return copy;
    }

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Placeholder();
}
