using System.Diagnostics;
using SlmOps.Cli;
using SlmOps.Cli.Lab;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Processors;

namespace SlmOps.EndToEnd.Tests;

/// <summary>Ctrl+C in the lab.</summary>
public sealed class LabCancelTests
{
    [Theory]
    [InlineData("native", "slmops-agent", 100_000)]
    [InlineData("nehalem", "qemu-x86_64", 2_000)]
    public async Task Interrupt_WhileAModelRuns_LeavesNothingBehind(string name, string running, int tokens)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processes are listed in /proc.");
        Emulation.Require(LabAgents.Tools(), LabProcessors.Find(name)!);
        using var folder = new Folder();
        // Far more than is ever done.
        using var lab = CliProcess.Start(
            folder.Path, "lab", Path.Combine(Installation.Sample(), "model.onnx"), "--processors", name, "--tokens", $"{tokens}");
        var said = lab.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await Wait.ForAsync(
            "the model's process",
            () => Task.FromResult(Processes(folder.Path)),
            seen => seen.Exists(command => command.Contains(running, StringComparison.Ordinal)) || lab.HasExited,
            seen => string.Join(Environment.NewLine, seen));
        Assert.False(lab.HasExited, "It ended before it was interrupted.");

        using var kill = Process.Start("kill", ["-INT", $"{lab.Id}"]);
        await lab.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Failed, lab.ExitCode);
        Assert.Contains("Cancelled.", await said, StringComparison.Ordinal);
        Assert.Empty(Processes(folder.Path));
        Assert.Empty(Directory.GetDirectories(folder.Path, "slmops-*"));
    }

    /// <summary>Commands of the processes that have this folder for their temporary files.</summary>
    private static List<string> Processes(string temporary)
    {
        var found = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(process, "environ")).Split('\0').Contains($"TMPDIR={temporary}"))
                {
                    found.Add(File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' '));
                }
            }
            catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
            {
                // It has ended, or is somebody else's.
            }
        }

        return found;
    }
}
