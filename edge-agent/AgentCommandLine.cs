using System.CommandLine;
using SlmOps.EdgeAgent.Device;
using SlmOps.EdgeAgent.Options;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.SelfTest;

namespace SlmOps.EdgeAgent;

/// <summary>The command line.</summary>
internal static class AgentCommandLine
{
    private const string Description = """
        Keeps this device on the model that its channel asks for.

        The agent reads the signed channel document, decides by itself whether an open ring admits this device, chooses
        the variant that the hardware can hold, downloads it with resume, checks the release signature and every digest,
        tests it beside the model that runs, switches in one step, watches it, and commits it or goes back.

        Every setting can also come from the environment: SLMOPS_URL, SLMOPS_TOKEN, SLMOPS_TOKEN_FILE, SLMOPS_CHANNEL, SLMOPS_ID,
        SLMOPS_DATA, SLMOPS_TRUST, SLMOPS_LABELS (a=b,c=d), SLMOPS_MEMORY, SLMOPS_PREFER, SLMOPS_POLL, SLMOPS_LAUNCHER. An option
        wins over its variable. The enrolment token itself comes from SLMOPS_TOKEN or a file, never from the command line, which
        every user of the machine can read.

        Exit codes: 0 stopped, or settled with --once; 1 failed, or settled on less than the channel asks for; 2 wrong usage.
        """;

    internal static RootCommand Create()
    {
        var url = Text("--url", "address", "Address of the service, such as https://slmops.example.net. Required.");
        var tokenFile = Text(
            "--token-file",
            "file",
            "File with the enrolment token, needed until the device is enrolled; or SLMOPS_TOKEN holds it.");
        var channel = Text("--channel", "name", "Channel to follow; 'stable' unless given.");
        var id = Text("--id", "name", "Device id; made once and kept in the data folder unless given.");
        var data = Text("--data", "folder", "Folder for models and state; one agent each. Required.");
        var trust = Text(
            "--trust",
            "file",
            "trust.json: the public release and director keys and the first root of the metadata. Required.");
        var label = new Option<string[]>("--label")
        {
            HelpName = "name=value",
            Description = "Label for ring selectors; may be given many times.",
        };
        var memory = Text("--memory", "size", "Memory the model may use, in bytes or like 64MiB; half of the machine's unless given.");
        var prefer = Text(
            "--prefer",
            "what",
            "balanced (smallest that loses at most 1 % of perplexity), quality, speed or size; 'balanced' unless given.");
        var poll = Text("--poll", "seconds", "Mean time between looks at the channel; 30 unless given.");
        var launcher = Text(
            "--launcher",
            "command",
            "Starts smoke tests through this command, such as \"systemd-run --user --scope --quiet\" or \"bwrap …\"; it must put the "
                + "program in its own place or be its parent, and leave it its standard input and output. Memory is then the "
                + "launcher's to limit."
        );
        var once = new Option<bool>("--once") { Description = "Work until there is nothing to do, then exit." };
        var selfTest = new Option<bool>("--self-test") { Description = "Check that this build works on this machine, and exit." };
        var logJson = new Option<bool>("--log-json") { Description = "Log JSON lines instead of text; both go to standard error." };
        var smoke = new Option<bool>("--smoke") { Hidden = true };

        var root = new RootCommand(Description)
        {
            url,
            tokenFile,
            channel,
            id,
            data,
            trust,
            label,
            memory,
            prefer,
            poll,
            launcher,
            once,
            selfTest,
            logJson,
            smoke,
        };
        root.Add(LocalCommand.Build());
        root.Add(RetryCommand.Build());
        root.SetAction(async (parsed, cancellationToken) =>
        {
            string? Setting(Option<string> option) =>
                parsed.GetValue(option) ?? Variable($"SLMOPS_{option.Name[2..].ToUpperInvariant().Replace('-', '_')}");

            if (parsed.GetValue(smoke))
            {
                return SmokeCommand.Run(cancellationToken);
            }

            if (parsed.GetValue(selfTest))
            {
                return await SelfTestAsync(Setting(launcher), cancellationToken);
            }

            var labels = parsed.GetValue(label) is { Length: > 0 } given ? given : Variable("SLMOPS_LABELS")?.Split(',') ?? [];
            var raw = new RawOptions
            {
                Url = Setting(url),
                Token = parsed.GetValue(tokenFile) is null ? Variable("SLMOPS_TOKEN") : null,
                TokenFile = Setting(tokenFile),
                Channel = Setting(channel),
                Id = Setting(id),
                Data = Setting(data),
                Trust = Setting(trust),
                Labels = labels,
                Memory = Setting(memory),
                Prefer = Setting(prefer),
                Poll = Setting(poll),
                Launcher = Setting(launcher),
            };
            if (OptionReader.Read(raw, Machine.TotalMemory / 2, out var mistakes) is { } options)
            {
                return await AgentHost.RunAsync(options, parsed.GetValue(once), parsed.GetValue(logJson), cancellationToken);
            }

            return await CannotStartAsync(mistakes);
        });
        return root;
    }

    private static async Task<int> SelfTestAsync(string? launcher, CancellationToken cancellationToken)
    {
        var mistakes = new List<string>();
        var command = Launcher.Read(launcher, mistakes);
        return mistakes.Count > 0 ? await CannotStartAsync(mistakes) : await SelfTests.RunAsync(command, Console.Out, cancellationToken);
    }

    private static async Task<int> CannotStartAsync(IReadOnlyList<string> mistakes)
    {
        await Console.Error.WriteLineAsync($"slmops-agent cannot start:\n  {string.Join("\n  ", mistakes)}\nSee slmops-agent --help.");
        return 2;
    }

    private static Option<string> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
