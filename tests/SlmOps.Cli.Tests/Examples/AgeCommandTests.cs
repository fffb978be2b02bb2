using Microsoft.Extensions.Time.Testing;

namespace SlmOps.Cli.Tests.Examples;

/// <summary>The example of docs/developing/command.md does what the page says.</summary>
public sealed class AgeCommandTests
{
    [Fact]
    public async Task Command_FileIsMissing_IsRefusedInOneLine()
    {
        var parsed = AgeCommand.Build().Parse([Path.Combine(AppContext.BaseDirectory, "none.onnx")]);

        Assert.Equal(ExitCode.Failed, await parsed.InvokeAsync(cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Run_FileIsThere_IsDone()
    {
        var file = new FileInfo(typeof(AgeCommandTests).Assembly.Location);

        Assert.Equal(ExitCode.Done, AgeCommand.Run(file, json: false, new FakeTimeProvider(file.LastWriteTimeUtc.AddDays(3))));
    }
}
