using System.CommandLine;
using System.Text.RegularExpressions;

namespace SlmOps.Cli.Tests;

/// <summary>Every command of the tree with everything that it does not expect: a message and an exit code, never a stack trace or a wait.</summary>
public sealed partial class GuardTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>These run until they are stopped, with any folder that they can make or use.</summary>
    private static readonly string[] Lasting = ["demo", "up", "host"];

    private readonly BadInputs _bad = new();

    public static TheoryData<string> Commands => [.. Leaves(CommandTree.Build(), "")];

    public void Dispose() => _bad.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Invoke_BadInputInAnyPlace_IsAMessage(string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The pipes are those of Unix.");
        var command = Find(path);
        foreach (var slot in Slots(command))
        {
            foreach (var value in _bad.Paths.Where(value => CanBeTried(path, slot.Name, value)))
            {
                await ExpectMessageAsync(Line(command, path, slot, value));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Invoke_BadPlatformFile_IsAMessage(string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The pipes are those of Unix.");
        var command = Find(path);
        foreach (var folder in Reaches(command) ? _bad.DataFolders : [])
        {
            await ExpectMessageAsync(WithData(command, path, folder));
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Invoke_BadServer_IsAMessage(string path)
    {
        var command = Find(path);
        foreach (var name in Reaches(command) ? BadServer.Answers.Keys : [])
        {
            // Storage's own client tries again for seconds where a server fails; one such failure is enough.
            if (path == "push" && name is not ("html" or "empty object" or "401"))
            {
                continue;
            }

            await using var server = BadServer.Start(name);
            await ExpectMessageAsync(WithData(command, path, _bad.DataOf(name, server.Port)));
        }
    }

    [Theory]
    [InlineData("verify")]
    [InlineData("diff")]
    public async Task Invoke_LayoutOnABadServer_IsAMessage(string path)
    {
        var command = Find(path);
        foreach (var name in BadServer.Answers.Keys)
        {
            await using var server = BadServer.Start(name);
            foreach (var slot in Slots(command).Where(slot => slot is Argument))
            {
                await ExpectMessageAsync(Line(command, path, slot, $"http://127.0.0.1:{server.Port}/layout"));
            }
        }
    }

    [Theory]
    [InlineData(typeof(FormatException), "should not")]
    [InlineData(typeof(UnauthorizedAccessException), "what happened")]
    [InlineData(typeof(IOException), "what happened")]
    [InlineData(typeof(InvalidDataException), "what happened")]
    [InlineData(typeof(HttpRequestException), "cannot be reached")]
    [InlineData(typeof(OperationCanceledException), "Cancelled")]
    public void Message_Fault_IsOneLineAboutIt(Type kind, string expected)
    {
        var message = Guard.Message((Exception)Activator.CreateInstance(kind, "what happened")!);

        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static async Task ExpectMessageAsync(IReadOnlyList<string> line)
    {
        var shown = string.Join(' ', line);
        (int Code, string Output, string Error) ended;
        try
        {
            ended = await Task.Run(() => Run.Async([.. line])).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{shown}: still runs after {Patience}.");
            return;
        }

        var text = ended.Output + ended.Error;
        Assert.True(ended.Code is ExitCode.Failed or ExitCode.Usage, $"{shown}: exit code {ended.Code}; {text}");
        Assert.False(string.IsNullOrWhiteSpace(ended.Error), $"{shown}: no message.");
        Assert.False(Trace().IsMatch(text) || text.Contains(Guard.TraceVariable, StringComparison.Ordinal), $"{shown}: {text}");
    }

    // "   at SlmOps.Cli.Guard.RunAsync(Func`1 work) in …", "Unhandled exception: System.IO.IOException"
    [GeneratedRegex(@"^\s+at \S+\(|Unhandled exception|\bSystem\.\w+(\.\w+)*Exception\b", RegexOptions.Multiline)]
    private static partial Regex Trace();

    private static bool CanBeTried(string path, string slot, string value) =>
        // A folder that is there or can be made is a good data folder, and a key that is missing is made.
        !(Lasting.Contains(path) && slot == "--data" && (!File.Exists(value) || Directory.Exists(value)));

    /// <summary>Every place of a command that takes text.</summary>
    private static IEnumerable<Symbol> Slots(Command command) =>
        command.Arguments.Where(argument => TakesText(argument.ValueType)).Cast<Symbol>()
            .Concat(command.Options.Where(option => TakesText(option.ValueType)));

    private static bool TakesText(Type type) => type == typeof(string) || type == typeof(string[]);

    /// <summary>A command line with one bad value, and usual ones where something must be given.</summary>
    private List<string> Line(Command command, string path, Symbol? bad, string value)
    {
        List<string> line = [.. path.Split(' ')];
        foreach (var option in command.Options)
        {
            if (option == bad)
            {
                line.AddRange([option.Name, value]);
            }
            else if (option.Required)
            {
                line.AddRange([option.Name, _bad.Usual(option.Name)]);
            }
            else if (option.Name == "--data" && !Lasting.Contains(path))
            {
                line.AddRange([option.Name, _bad.Nowhere]);
            }
        }

        line.Add("--");
        line.AddRange(command.Arguments.Where(argument => argument == bad || argument.Arity.MinimumNumberOfValues > 0)
            .Select(argument => argument == bad ? value : _bad.Usual(argument.Name)));
        return line;
    }

    private List<string> WithData(Command command, string path, string folder)
    {
        var line = Line(command, path, command.Options.Single(option => option.Name == "--data"), folder);
        return [.. line.Select(value => path == "push" && value == _bad.Usual("path") ? _bad.Model() : value)];
    }

    private static bool Reaches(Command command) =>
        command.Options.Any(option => option.Name == "--url") && command.Options.Any(option => option.Name == "--data");

    private static IEnumerable<string> Leaves(Command command, string path) => command.Subcommands.Count == 0
        ? [path]
        : command.Subcommands.Where(sub => !sub.Hidden).SelectMany(sub => Leaves(sub, $"{path} {sub.Name}".Trim()));

    private static Command Find(string path) => path.Split(' ')
        .Aggregate((Command)CommandTree.Build(), (command, name) => command.Subcommands.Single(sub => sub.Name == name));
}
