using System.Text.Json;
using System.Text.Json.Nodes;

namespace SlmOps.Contracts.Tests;

/// <summary>Smoke files come with a package: whatever they hold, they are judged before anything is run.</summary>
public sealed class SmokeRulesTests
{
    private static readonly SmokeBound Bound = new(0.5, 0.05, 0.4);
    private static readonly SmokeTest Second = new(4, 0.75, [new("p", [1, 2], [3])
    {
        Forced = new([1, 2, 3], new([2, 3], [1, 0.5], [-1, -0.5])) { Steps = new([2], [1], [-1]) },
    }])
    {
        Version = 2,
        Bounds = new(Bound, Bound),
        Tokenizer = new("tokenizer.json", Digest.Of("t"u8)),
    };

    private static readonly SmokeOutputs Outputs = new(1, 0.05, [new(
        [new("x", [2, 2]) { Values = [1, 2, 3, 4] }, new("y", [1, 3, 8, 8]) { Min = 0, Max = 1, Seed = 3 }],
        [new("z", [100], [1, 2, 3])])]);

    [Fact]
    public void Fault_GoodFiles_IsNone()
    {
        Assert.Null(SmokeRules.Fault(Read(JsonSerializer.Serialize(Second, ContractsJson.Default.SmokeTest))));
        Assert.Null(SmokeRules.Fault(Read("""{"maxNewTokens":1,"minAgreement":1,"prompts":[{"promptTokens":[1],"greedyTokens":[1]}]}""")));
        Assert.Null(SmokeRules.Fault(JsonSerializer.Deserialize(
            JsonSerializer.Serialize(Outputs, ContractsJson.Default.SmokeOutputs), ContractsJson.Default.SmokeOutputs)));
    }

    [Theory]
    [InlineData("version", "3")]
    [InlineData("maxNewTokens", "257")]
    [InlineData("minAgreement", "-1")]
    [InlineData("prompts", "[]")]
    [InlineData("prompts", "[null]")]
    [InlineData("bounds", "null")]
    [InlineData("bounds", """{"whole":null,"steps":{"clearMargin":1,"meanDifference":1,"largestDifference":1}}""")]
    [InlineData("bounds/whole/meanDifference", "0")]
    [InlineData("bounds/steps/largestDifference", "-1")]
    [InlineData("prompts/0/promptTokens", "[]")]
    [InlineData("prompts/0/forced", "null")]
    [InlineData("prompts/0/forced/tokens", "[1,2]")]
    [InlineData("prompts/0/forced/tokens", "null")]
    [InlineData("prompts/0/forced/whole", "null")]
    [InlineData("prompts/0/forced/whole/best", "[1]")]
    [InlineData("prompts/0/forced/whole/margins", "null")]
    [InlineData("prompts/0/forced/steps/best", "[]")]
    [InlineData("tokenizer/path", "\"../tokenizer.json\"")]
    [InlineData("tokenizer/digest", "null")]
    public void Fault_PromptsThatDoNotFit_IsSaid(string path, string value) =>
        Assert.NotNull(SmokeRules.Fault(Read(Changed(JsonSerializer.Serialize(Second, ContractsJson.Default.SmokeTest), path, value))));

    [Theory]
    [InlineData("version", "2")]
    [InlineData("relativeError", "0")]
    [InlineData("runs", "[]")]
    [InlineData("runs", "null")]
    [InlineData("runs/0", "null")]
    [InlineData("runs/0/inputs", "null")]
    [InlineData("runs/0/inputs/0/name", "\"\"")]
    [InlineData("runs/0/inputs/0/shape", "[2,3]")]
    [InlineData("runs/0/inputs/0/shape", "[-1]")]
    [InlineData("runs/0/inputs/1/shape", "[1000000000000,1000000000000]")]
    [InlineData("runs/0/inputs/1/min", "2")]
    [InlineData("runs/0/outputs/0/values", "[]")]
    [InlineData("runs/0/outputs/0/shape", "[2]")]
    public void Fault_RunsThatDoNotFit_IsSaid(string path, string value)
    {
        var text = Changed(JsonSerializer.Serialize(Outputs, ContractsJson.Default.SmokeOutputs), path, value);
        Assert.NotNull(SmokeRules.Fault(JsonSerializer.Deserialize(text, ContractsJson.Default.SmokeOutputs)));
    }

    [Fact]
    public void Fault_NumbersThatAreNone_IsSaid()
    {
        Assert.NotNull(SmokeRules.Fault(Second with { Bounds = new(Bound with { ClearMargin = double.NaN }, Bound) }));
        Assert.NotNull(SmokeRules.Fault(Second with
        {
            Prompts = [Second.Prompts[0] with { Forced = new([1, 2], new([2], [1], [double.PositiveInfinity])) }],
        }));
        Assert.NotNull(SmokeRules.Fault(Outputs with { RelativeError = double.PositiveInfinity }));
    }

    private static SmokeTest? Read(string json) => JsonSerializer.Deserialize(json, ContractsJson.Default.SmokeTest);

    private static string Changed(string json, string path, string value)
    {
        var root = JsonNode.Parse(json)!;
        var steps = path.Split('/');
        var node = steps[..^1].Aggregate(root, (at, step) => int.TryParse(step, out var index) ? at[index]! : at[step]!);
        if (int.TryParse(steps[^1], out var last))
        {
            node[last] = JsonNode.Parse(value);
        }
        else
        {
            node[steps[^1]] = JsonNode.Parse(value);
        }

        return root.ToJsonString();
    }
}
