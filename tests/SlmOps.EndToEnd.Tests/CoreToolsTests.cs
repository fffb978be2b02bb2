using System.Diagnostics;
using SlmOps.EndToEnd.Tests.Parts;

namespace SlmOps.EndToEnd.Tests;

/// <summary><c>slmops up --host core-tools</c> with a stand-in for <c>func</c> that writes down how it was called.</summary>
public sealed class CoreToolsTests : IDisposable
{
    private const string StandIn = """
        #!/bin/sh
        { pwd; echo "$@"; env; } > "$FUNC_CALL.new"
        mv "$FUNC_CALL.new" "$FUNC_CALL"
        echo "func is here"
        trap 'echo ended > "$FUNC_CALL.ended"; exit 0' TERM
        while :; do sleep 1 & wait $!; done
        """;

    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Up_CoreTools_StartsFuncInTheAppsOutputWithItsSettingsAndEndsIt()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in is a POSIX shell script.");
        var bin = Directory.CreateDirectory(Path.Combine(_folder.Path, "bin")).FullName;
        var func = Path.Combine(bin, "func");
        await File.WriteAllTextAsync(func, StandIn, TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(func, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var call = Path.Combine(_folder.Path, "call");
        using var up = Start(bin + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH"), call);
        var output = up.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);

        await Wait.ForAsync("func to be started", () => Task.FromResult(up.HasExited || File.Exists(call)), done => done, _ => "nothing");
        Assert.True(File.Exists(call), up.HasExited ? await output : "");
        var seen = await File.ReadAllLinesAsync(call, TestContext.Current.CancellationToken);
        using (var term = Process.Start("kill", ["-TERM", $"{up.Id}"]))
        {
            await term.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await up.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.EndsWith(
            Path.Combine("SlmOps.Functions", new DirectoryInfo(AppContext.BaseDirectory).Name),
            seen[0],
            StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(seen[0], "worker.config.json")) && File.Exists(Path.Combine(seen[0], "host.json")));
        Assert.Matches(@"^start --no-build --port \d+$", seen[1]);
        foreach (
            var setting in (string[])
                [
                    "AzureWebJobsStorage=DefaultEndpointsProtocol=http;",
                    "SlmOpsStorage=",
                    "FUNCTIONS_WORKER_RUNTIME=dotnet-isolated",
                    "SlmOpsEvents__topicEndpoint=http://127.0.0.1:",
                    "SlmOps__ReleaseKey=",
                    "SlmOpsTick=",
                ])
        {
            Assert.Contains(seen, line => line.StartsWith(setting, StringComparison.Ordinal));
        }

        Assert.DoesNotContain(seen, line => line.StartsWith("SlmOpsConsole=", StringComparison.Ordinal));
        Assert.Equal(0, up.ExitCode);
        Assert.Contains("func is here", await output, StringComparison.Ordinal);
        Assert.True(File.Exists(call + ".ended"));
    }

    [Fact]
    public async Task Up_CoreToolsMissing_SaysHowToGetThem()
    {
        var path = Environment.GetEnvironmentVariable("PATH")!;
        Assert.SkipWhen(
            path.Split(Path.PathSeparator)
                .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "func.cmd" : "func"))),
            "The Core Tools are installed here.");
        using var up = Start(path, Path.Combine(_folder.Path, "call"));

        var error = await up.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await up.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, up.ExitCode);
        Assert.Contains("azure-functions-core-tools@4", error, StringComparison.Ordinal);
    }

    private Process Start(string path, string call)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                "exec", Path.Combine(output.Parent!.Parent!.FullName, "SlmOps.Cli", output.Name, "slmops.dll"),
                "up", "--host", "core-tools", "--data", Path.Combine(_folder.Path, "data"),
            },
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = path;
        start.Environment["FUNC_CALL"] = call;
        return Process.Start(start)!;
    }
}
