using System.Reflection;
using System.Text.RegularExpressions;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Tests.Runs;

/// <summary>The codes that the sources say and the table that documents them are the same.</summary>
public sealed partial class RejectionTableTests
{
    private static readonly string Functions = Path.Combine(RepositoryRoot.Path, "functions");

    [Fact]
    public void Rows_AreTheCodesThatTheSourcesSay()
    {
        string[] said =
        [
            .. Codes("Quantizer/Problems.cs", Made()),
            .. Files("Pipeline/Intake", "Pipeline/Adapt", "Pipeline/Runs").SelectMany(file => Codes(file, Made())).Where(IsKebab),
            .. Files("Inference").SelectMany(file => Codes(file, Thrown())),
            .. Files("Inference/Tokenization").SelectMany(file => Codes(file, Made())).Where(IsKebab),
            .. Codes("Inference/Sandbox/SandboxException.cs", Ended()),
            .. Codes("Inference/Sandbox/RequestRunner.cs", Failed()),
            .. Codes("Pipeline/Poison/PoisonStage.cs", Constant()),
            .. Codes("Pipeline/Runs/RoomDecision.cs", Constant()),
            .. Codes("Pipeline/Intake/UploadReader.cs", Constant()),
        ];

        Assert.Equal(said.Distinct().Order(StringComparer.Ordinal), RejectionTable.Rows.Select(row => row.Code).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EventTypes_AreAllInTheList() => Assert.Equal(
        typeof(EventTypes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!),
        EventTypes.All.Select(item => item.Type));

    private static bool IsKebab(string code) => code.Contains('-', StringComparison.Ordinal);

    private static IEnumerable<string> Files(params string[] folders) => folders.SelectMany(folder =>
        Directory.EnumerateFiles(Path.Combine(Functions, folder), "*.cs", SearchOption.AllDirectories));

    private static IEnumerable<string> Codes(string file, Regex pattern) =>
        pattern.Matches(File.ReadAllText(Path.Combine(Functions, file))).Select(match => match.Groups[1].Value);

    [GeneratedRegex("(?:new|Problem)\\(\\s*\"([a-z0-9]+(?:-[a-z0-9]+)*)\",")]
    private static partial Regex Made();

    [GeneratedRegex("(?:TokenizerException|ModelOpenException)\\(\\s*\"([a-z0-9-]+)\"")]
    private static partial Regex Thrown();

    [GeneratedRegex("=> \"([a-z-]+)\"")]
    private static partial Regex Ended();

    [GeneratedRegex("RunFailureKind\\.\\w+,\\s*\"([a-z-]+)\"")]
    private static partial Regex Failed();

    [GeneratedRegex("Code = \"([a-z-]+)\"")]
    private static partial Regex Constant();
}
