using System.Diagnostics;
using System.Globalization;

namespace SlmOps.Azure.Tests;

/// <summary>The hooks of azure.yaml, run by sh with an azd that only writes down how it was called.</summary>
public sealed class HookTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slmops-hook-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task SubscribeFunctions_AfterTheFirstDeployment_ProvisionsOnceMore()
    {
        var (exitCode, calls) = await RunAsync("subscribe-functions.sh", deployed: null, provisionExit: 0);

        Assert.Equal(0, exitCode);
        Assert.Equal(
            ["env set SLMOPS_FUNCTIONS_DEPLOYED true --environment test", "provision --no-prompt --environment test"], calls);
    }

    [Fact]
    public async Task SubscribeFunctions_AfterALaterDeployment_DoesNothing()
    {
        var (exitCode, calls) = await RunAsync("subscribe-functions.sh", deployed: "true", provisionExit: 0);

        Assert.Equal(0, exitCode);
        Assert.Empty(calls);
    }

    [Fact]
    public async Task SubscribeFunctions_WhenProvisioningFails_TriesAgainNextTime()
    {
        var (exitCode, calls) = await RunAsync("subscribe-functions.sh", deployed: "false", provisionExit: 7);

        Assert.Equal(1, exitCode);
        Assert.Equal("env set SLMOPS_FUNCTIONS_DEPLOYED false --environment test", calls[^1]);
    }

    [Fact]
    public async Task ForgetFunctions_AfterDown_BeginsWithTheFirstPassAgain()
    {
        var (exitCode, calls) = await RunAsync("forget-functions.sh", deployed: "true", provisionExit: 0);

        Assert.Equal(0, exitCode);
        Assert.Equal(["env set SLMOPS_FUNCTIONS_DEPLOYED false --environment test"], calls);
    }

    private async Task<(int ExitCode, string[] Calls)> RunAsync(string hook, string? deployed, int provisionExit)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The hooks are POSIX shell scripts.");
        var start = new ProcessStartInfo("sh", [Path.Combine(BicepCli.InfraFolder, "hooks", hook)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var calls = Path.Combine(_folder, "calls");
        var fakes = Path.Combine(BicepCli.RepositoryRoot, "tests", "SlmOps.Azure.Tests", "Fakes");
        start.Environment["PATH"] = $"{fakes}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["FAKE_AZD_CALLS"] = calls;
        start.Environment["FAKE_AZD_PROVISION_EXIT"] = provisionExit.ToString(CultureInfo.InvariantCulture);
        start.Environment["AZURE_ENV_NAME"] = "test";
        start.Environment.Remove("SLMOPS_FUNCTIONS_DEPLOYED");
        if (deployed is not null)
        {
            start.Environment["SLMOPS_FUNCTIONS_DEPLOYED"] = deployed;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException("sh did not start.");
        await Task.WhenAll(
            process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        return (process.ExitCode, File.Exists(calls) ? File.ReadAllLines(calls) : []);
    }
}
