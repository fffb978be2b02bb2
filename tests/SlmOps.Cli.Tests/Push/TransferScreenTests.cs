using Microsoft.Extensions.Time.Testing;
using SlmOps.Cli.Push;

namespace SlmOps.Cli.Tests.Push;

public sealed class TransferScreenTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _written = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _written.Dispose();

    [Fact]
    public async Task Show_NoTerminal_IsALineEveryTenSeconds()
    {
        var meter = new TransferMeter(1_000_000_000, _time);
        var end = new TaskCompletionSource();
        var showing = ShowAsync(meter, _ => end.Task);
        meter.Sent(200_000_000);

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal("", _written.ToString());
        _time.Advance(TimeSpan.FromSeconds(1));
        while (_written.ToString().Length == 0)
        {
            await Task.Yield();
        }

        end.SetResult();
        await showing;
        Assert.Equal("upload m 1  200.00 MB of 1.00 GB (20 %), 20.0 MB/s, 40 s left", _written.ToString().Trim());
    }

    [Fact]
    public async Task Show_WorkFails_FailsWithItsFault() =>
        Assert.Equal(
            "cut",
            (await Assert.ThrowsAsync<IOException>(() => ShowAsync(new(1, _time), _ => throw new IOException("cut")))).Message);

    private Task ShowAsync(TransferMeter meter, Func<CancellationToken, Task> work) => TransferScreen.ShowAsync(
        new Terminal(json: true, TextWriter.Null, _written), "upload m 1", meter, _time, work, Cancelled);
}
