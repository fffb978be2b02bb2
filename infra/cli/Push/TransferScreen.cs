using Spectre.Console;

namespace SlmOps.Cli.Push;

/// <summary>Shows a transfer while it goes on: a bar on a terminal, and a line every ten seconds elsewhere.</summary>
internal static class TransferScreen
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Line = TimeSpan.FromSeconds(10);

    internal static Task ShowAsync(
        Terminal terminal, string what, TransferMeter meter, TimeProvider time, Func<CancellationToken, Task> work,
        CancellationToken cancellationToken)
    {
        if (!terminal.IsInteractive)
        {
            return FollowAsync(work, meter, Line, time, state => terminal.Say($"{what}  {TransferText.Of(state)}"), cancellationToken);
        }

        return terminal.Screen.Progress()
            .Columns(new ProgressBarColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask(Markup.Escape(what));
                await FollowAsync(work, meter, Step, time, Show, cancellationToken);
                bar.Value = bar.MaxValue;

                void Show(TransferState state)
                {
                    bar.Value = bar.MaxValue * state.Done / Math.Max(state.Total, 1);
                    bar.Description = Markup.Escape($"{what}  {TransferText.Of(state)}");
                }
            });
    }

    private static async Task FollowAsync(
        Func<CancellationToken, Task> work, TransferMeter meter, TimeSpan step, TimeProvider time, Action<TransferState> show,
        CancellationToken cancellationToken)
    {
        var working = work(cancellationToken);
        using var timer = new PeriodicTimer(step, time);
        for (var tick = timer.WaitForNextTickAsync(CancellationToken.None).AsTask();
            await Task.WhenAny(working, tick) != working;
            tick = timer.WaitForNextTickAsync(CancellationToken.None).AsTask())
        {
            show(meter.Look());
        }

        await working;
    }
}
