using System.CommandLine;

namespace SlmOps.Cli.Tests;

public sealed class CommandTreeTests
{
    public static TheoryData<string> Commands => [.. All(CommandTree.Build(), "")];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_EveryCommand_SaysWhatItDoesAndNamesItsOptions(string path)
    {
        var command = Find(path);

        var (code, output, _) = await Run.Async([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.Equal(0, code);
        Assert.False(string.IsNullOrWhiteSpace(command.Description), path);
        Assert.Contains(Plain(command.Description!)[..20], Plain(output), StringComparison.Ordinal);
        Assert.All(command.Options.Where(option => !option.Hidden), option =>
        {
            Assert.Contains(option.Name, output, StringComparison.Ordinal);
            Assert.False(string.IsNullOrWhiteSpace(option.Description), $"{path} {option.Name}");
        });
        Assert.All(command.Arguments, argument => Assert.Contains(argument.Description!, Plain(output), StringComparison.Ordinal));
        Assert.All(command.Subcommands.Where(sub => !sub.Hidden), sub => Assert.Contains(sub.Name, output, StringComparison.Ordinal));
    }

    [Fact]
    public void Build_Commands_AreThoseOfTheDesign() =>
        Assert.Equal(
            [
                "demo",
                "up",
                "host",
                "push",
                "watch",
                "events",
                "rollout",
                "gc",
                "cancel",
                "floor",
                "adaptation",
                "device",
                "key",
                "audit",
                "agent",
                "inspect",
                "quantize",
                "evaluate",
                "lab",
                "package",
                "verify",
                "diff",
                "export",
                "import",
                "root",
            ],
            CommandTree.Build().Subcommands.Select(command => command.Name));

    [Theory]
    [InlineData(ExitCode.Usage, "no file or folder", "push", "/nowhere/at/all.onnx")]
    [InlineData(ExitCode.Usage, "is not NAME/VERSION", "watch", "only-a-name")]
    [InlineData(ExitCode.Usage, "is not NAME/VERSION", "watch", "Upper/1")]
    [InlineData(ExitCode.Usage, "is not NAME/VERSION", "watch", "a/b/c")]
    [InlineData(ExitCode.Usage, "--agents takes 1 to 30", "demo", "--agents", "0")]
    [InlineData(ExitCode.Usage, "--agents takes 1 to 30", "demo", "--agents", "31")]
    [InlineData(ExitCode.Usage, "Name what to try", "lab")]
    [InlineData(ExitCode.Usage, "no name/version of a release", "lab", "nothing-here")]
    [InlineData(ExitCode.Usage, "There is no processor 'z80'; there are native, nehalem", "lab", "x", "--processors", "haswell,z80")]
    [InlineData(ExitCode.Usage, "--tokens takes 2 to", "lab", "x", "--tokens", "1")]
    [InlineData(ExitCode.Failed, "Nothing runs in /nowhere", "lab", "a/1", "--processors", "native", "--data", "/nowhere")]
    [InlineData(ExitCode.Usage, "is not a URL", "watch", "a/1", "--url", "not a url")]
    [InlineData(ExitCode.Failed, "Nothing runs in /nowhere", "watch", "a/1", "--data", "/nowhere")]
    [InlineData(ExitCode.Failed, "Nothing runs in /nowhere", "events", "--data", "/nowhere")]
    [InlineData(ExitCode.Failed, "Nothing runs in /nowhere", "rollout", "pause", "a", "--data", "/nowhere")]
    [InlineData(ExitCode.Failed, "Nothing runs in /nowhere", "adaptation", "list", "--data", "/nowhere")]
    [InlineData(ExitCode.Failed, "Nothing runs in /nowhere", "adaptation", "withdraw", "a", "b", "--data", "/nowhere")]
    [InlineData(ExitCode.Failed, "Nothing runs in /nowhere", "device", "token", "--data", "/nowhere")]
    [InlineData(ExitCode.Failed, "Nothing runs in /nowhere", "device", "revoke", "cam-7", "--data", "/nowhere")]
    [InlineData(ExitCode.Failed, "Nothing runs in /nowhere", "key", "list", "--data", "/nowhere")]
    [InlineData(ExitCode.Failed, "Nothing runs in /nowhere", "audit", "--verify", "--data", "/nowhere")]
    [InlineData(ExitCode.Failed, "Nothing runs in /nowhere", "agent", "--data", "/nowhere")]
    [InlineData(ExitCode.Failed, "Nothing runs in /nowhere", "floor", "a/1", "--data", "/nowhere")]
    [InlineData(ExitCode.Usage, "is not NAME/VERSION", "floor", "a")]
    [InlineData(ExitCode.Usage, "holds no 1.root.json", "root", "rotate", "--key", "/nowhere/a.pem", "--out", "/nowhere")]
    [InlineData(ExitCode.Failed, "cannot be reached", "watch", "a/1", "--url", "http://127.0.0.1:1/")]
    [InlineData(ExitCode.Failed, "Only the local platform keeps its events", "events", "--url", "http://127.0.0.1:1/")]
    public async Task Invoke_CannotBeDone_SaysWhyAndEndsWith(int expected, string message, params string[] arguments)
    {
        var (code, output, error) = await Run.Async(arguments);

        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Equal(expected, code);
        Assert.Empty(output);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("push")]
    [InlineData("demo", "--agents", "many")]
    [InlineData("watch", "a/1", "--nonsense")]
    [InlineData("rollout")]
    [InlineData("rollout", "explode", "a")]
    public async Task Invoke_BadUsage_EndsWithTwo(params string[] arguments)
    {
        var (code, _, error) = await Run.Async(arguments);

        Assert.NotEmpty(error);
        Assert.Equal(ExitCode.Usage, code);
    }

    [Fact]
    public async Task Invoke_PushWithoutASystem_ChecksTheModelFirst()
    {
        using var folder = new Folder();
        var text = folder.Put("readme.txt");

        var (code, _, error) = await Run.Async("push", text, "--data", "/nowhere");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("is not an .onnx file", error, StringComparison.Ordinal);
    }

    private static IEnumerable<string> All(Command command, string path) =>
        command.Subcommands.Where(sub => !sub.Hidden).SelectMany(sub => All(sub, $"{path} {sub.Name}".Trim())).Prepend(path);

    private static Command Find(string path) => path.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Aggregate((Command)CommandTree.Build(), (command, name) => command.Subcommands.Single(sub => sub.Name == name));

    /// <summary>Help is wrapped to the width of the terminal.</summary>
    private static string Plain(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
