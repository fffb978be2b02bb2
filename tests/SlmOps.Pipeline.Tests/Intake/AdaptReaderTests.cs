using System.Text;
using SlmOps.Contracts;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Tests.Intake;

public sealed class AdaptReaderTests
{
    private static readonly RunKey Run = new("phi-lab", "1.0");

    [Fact]
    public void Read_OnlyTheModel_GivesTheDefaults()
    {
        var request = Good("""{ "adapts": { "model": "phi" } }""");

        Assert.Equal(
            ("phi", null, null, false, 60),
            (request.Model, request.Version, request.Channel, request.LocalLayer, request.SoakSeconds));
        Assert.Empty(request.Selector);
    }

    [Fact]
    public void Read_EveryField_IsTaken()
    {
        var request = Good("""
            {
              // comments are allowed
              "schema": 1, "name": "phi-lab", "version": "1.0",
              "adapts": { "model": "phi", "version": "2.0", "channel": "beta", "selector": { "site": "lab", "hw": "pi5" }, "localLayer": true, "soakSeconds": 5, },
            }
            """);

        Assert.Equal("phi 2.0 beta", $"{request.Model} {request.Version} {request.Channel}");
        Assert.Equal((true, 5), (request.LocalLayer, request.SoakSeconds));
        Assert.Equal(
            "hw=pi5 site=lab",
            string.Join(' ', request.Selector.OrderBy(label => label.Key).Select(label => $"{label.Key}={label.Value}")));
    }

    [Theory]
    [InlineData("""{ "adapts": "phi" }""", 1, "is string")]
    [InlineData("""{ "adapts": {} }""", 1, "is missing")]
    [InlineData("""{ "adapts": { "model": "Phi 3" } }""", 1, "not allowed")]
    [InlineData("{ \"adapts\": {\n \"model\": \"phi\",\n \"modle\": \"phi\" } }", 3, "unknown key \"modle\"")]
    [InlineData("{ \"adapts\": { \"model\": \"phi\" },\n \"variants\": [] }", 2, "unknown key \"variants\"")]
    [InlineData("{ \"name\": \"other\",\n \"adapts\": { \"model\": \"phi\" } }", 1, "differs from 'phi-lab'")]
    [InlineData("""{ "adapts": { "model": "phi-lab" } }""", 1, "adapt itself")]
    [InlineData("""{ "adapts": { "model": "phi", "selector": { "site": 3 } } }""", 1, "label 'site'")]
    [InlineData("""{ "adapts": { "model": "phi", "localLayer": "yes" } }""", 1, "is string")]
    [InlineData("""{ "adapts": { "model": "phi", "soakSeconds": -1 } }""", 1, "out of range")]
    public void Read_Mistake_IsSaidWithLineAndCure(string json, int line, string message)
    {
        var (request, problems) = AdaptReader.Read(Encoding.UTF8.GetBytes(json), "slmops.json", Run);

        Assert.Null(request);
        var problem = Assert.Single(problems);
        Assert.Equal(("manifest-invalid", line), (problem.Code, problem.Line));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Cure);
    }

    [Fact]
    public void Read_TooManyLabels_IsRefused()
    {
        var labels = string.Join(", ", Enumerable.Range(0, ChannelOverlay.MaxSelector + 1).Select(number => $"\"l{number}\": \"v\""));

        var (_, problems) = AdaptReader.Read(
            Encoding.UTF8.GetBytes($$"""{ "adapts": { "model": "phi", "selector": { {{labels}} } } }"""),
            "slmops.json",
            Run);

        Assert.Contains("33 labels", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "adapts": {} }""", true)]
    [InlineData("""{ "variants": [] }""", false)]
    [InlineData("[1]", false)]
    [InlineData("{ not json", false)]
    [InlineData("", false)]
    public void IsAdaptation_File_IsTold(string json, bool expected) =>
        Assert.Equal(expected, AdaptReader.IsAdaptation(Encoding.UTF8.GetBytes(json)));

    private static AdaptRequest Good(string json)
    {
        var (request, problems) = AdaptReader.Read(Encoding.UTF8.GetBytes(json), "slmops.json", Run);
        Assert.Empty(problems);
        return request!;
    }
}
