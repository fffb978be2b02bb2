using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace SlmOps.Cli;

/// <summary>
/// Progress and tables go to standard error, so that standard output holds one JSON document and nothing else with
/// <c>--json</c>, and can be piped without it.
/// </summary>
internal sealed class Terminal
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        // The document goes to a terminal or a file, never into a web page: '+' stays '+'.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly TextWriter _output;

    internal Terminal(bool json, TextWriter output, TextWriter error)
    {
        Json = json;
        _output = output;
        Screen = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        if (Console.IsErrorRedirected)
        {
            // Without a terminal there is no width to wrap to; long lines are for logs.
            Screen.Profile.Width = 160;
        }
    }

    internal bool Json { get; }

    internal IAnsiConsole Screen { get; }

    /// <summary>Whether a line can be written over again.</summary>
    internal bool IsInteractive => Screen.Profile.Capabilities is { Interactive: true, Ansi: true };

    internal static Terminal Open(bool json) => new(json, Console.Out, Console.Error);

    /// <summary>One line of progress; markup characters in the text are shown as they are.</summary>
    internal void Say(string line) => Screen.WriteLine(line);

    internal void Fail(string line) => Screen.MarkupLine($"[red]{Markup.Escape(line)}[/]");

    /// <summary>A secret that is shown once: alone on standard output, so that it can be put into a variable or a file.</summary>
    internal void Secret<T>(string secret, T value)
    {
        if (!Json)
        {
            _output.WriteLine(secret);
        }

        Result(value);
    }

    /// <summary>The command's result: one JSON document on standard output.</summary>
    internal void Result<T>(T value)
    {
        if (Json)
        {
            _output.WriteLine(JsonSerializer.Serialize(value, Indented));
        }
    }
}
