namespace SlmOps.Azure.Tests;

public sealed class CompileTests
{
    [Fact]
    public async Task Build_Main_GivesNoDiagnostics()
    {
        using var infra = new InfraCopy();

        var finished = await BicepCli.RunAsync(infra.Folder, "build", "main.bicep", "--stdout");

        finished.ShouldBeSilent();
        Assert.StartsWith("{", finished.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lint_EveryFile_GivesNoDiagnostics()
    {
        using var infra = new InfraCopy();

        var finished = await BicepCli.RunAsync(infra.Folder, "lint", "--pattern", "**/*.bicep");

        finished.ShouldBeSilent();
        Assert.Equal("", finished.Output.Trim());
    }

    [Fact]
    public async Task Lint_UnusedParameter_Fails()
    {
        using var infra = new InfraCopy();
        infra.Write("bad.bicep", "@description('Used by nobody.')\nparam unused string\n");

        var finished = await BicepCli.RunAsync(infra.Folder, "lint", "bad.bicep");

        Assert.Equal(1, finished.ExitCode);
        Assert.Contains("Error no-unused-params", finished.Output + finished.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Build_UnknownProperty_IsNotSilent()
    {
        using var infra = new InfraCopy();
        infra.Write("bad.bicep", """
            resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
              name: 'account'
              location: 'westeurope'
              kind: 'StorageV2'
              sku: { name: 'Standard_LRS' }
              properties: { allowSharedKeyAcces: false }
            }
            """);

        var finished = await BicepCli.RunAsync(infra.Folder, "build", "bad.bicep", "--stdout");

        Assert.Contains("allowSharedKeyAcces", finished.Errors, StringComparison.Ordinal);
    }
}
