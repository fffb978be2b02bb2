using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local.Tests.FunctionsHost.Comparison;

/// <summary>One thing that happens to a queue listener.</summary>
/// <param name="Name">As the document calls it.</param>
/// <param name="Queue">Name of its queue, made from a unique part.</param>
/// <param name="Play">Lets it happen; the result is the recording's text, or what is returned.</param>
/// <param name="Why">Why ours does something else; null where both do the same.</param>
internal sealed record Case(string Name, Func<string, string> Queue, Func<Trial, Task<string?>> Play, string? Why = null);

/// <summary>What both hosts are tried with.</summary>
internal static class Cases
{
    private static readonly HostSettings Three = TestListeners.Plain with { MaxDequeueCount = 3 };
    private static readonly HostSettings Base64 = Three with { Base64 = true };

    public static IReadOnlyList<Case> All { get; } =
    [
        Of("The function succeeds", Three, ["m"]),
        Of("It fails once", Three, ["m"], (_, count, _) => count > 1 ? Task.CompletedTask : Fail()),
        Of(
            "It fails once; `visibilityTimeout` is 1 s",
            Three with { VisibilityTimeout = TimeSpan.FromSeconds(1) },
            ["m"],
            (_, count, _) => count > 1 ? Task.CompletedTask : Fail()),
        Of("It fails each time; `maxDequeueCount` is 3", Three, ["m"], (_, _, _) => Fail()),
        Of("The same, messages are Base64", Base64, ["bQ=="], (_, _, _) => Fail()),
        new("A message was taken more than `maxDequeueCount` times before", Plain, WornAsync),
        Of("A message is not Base64", Base64, ["{}"]),
        Of("A message is Base64 of bytes that are no text", Base64, ["/w=="]),
        new("The queue is a poison queue itself, and the function fails", name => name + "-poison", NoPoisonAsync),
        new("The queue's name leaves no room for `-poison`", name => name.PadRight(60, 'x'), NoPoisonAsync),
        new("A message of a poison queue was taken more than `maxDequeueCount` times before", name => name + "-poison", WornThereAsync),
        new("A message of a poison queue is not Base64", name => name + "-poison", NoBase64ThereAsync),
        new("The queue is made after the start", Plain, MadeLaterAsync),
        new("Somebody deletes the message while the function runs", Plain, DeletedAsync),
        new(
            "The poison queue refuses the copy",
            Plain,
            CopyRefusedAsync,
            "one refused request is logged; the message comes back, and the platform goes on"),
        new("Storage refuses to delete a message that is done", Plain, DeleteRefusedAsync, "as above"),
        new("Stop; the function ends when its token is cancelled", Plain, trial => StopAsync(trial, throws: true)),
        new("Stop; the function finishes its work", Plain, trial => StopAsync(trial, throws: false)),
        new("Messages in a fetch; `batchSize` is 3", Plain, trial => ManyAsync(trial, () => trial.Recording.Batch)),
        new("Most at once; `newBatchThreshold` is 1", Plain, trial => ManyAsync(trial, null)),
        new(
            "Seconds for which a fetched message is hidden",
            Plain,
            LeaseAsync,
            "the message of a host that was killed is back within half a minute, and not after ten; option `QueueLease`"),
    ];

    private static string Plain(string name) => name;

    private static Task Fail() => throw new InvalidOperationException("as planned");

    private static Case Of(
        string name, HostSettings settings, string[] messages, Func<string, long, CancellationToken, Task>? act = null) => new(
        name,
        Plain,
        async trial =>
        {
            trial.Act = act ?? trial.Act;
            await trial.SendAsync(messages);
            await trial.StartAsync(settings);
            await trial.EmptyAsync();
            return null;
        });

    private static async Task WearAsync(Trial trial)
    {
        await trial.SendAsync("m");
        for (var taken = 0; taken < 3; taken++)
        {
            var message = (await trial.Queue.ReceiveMessageAsync()).Value;
            await trial.Queue.UpdateMessageAsync(message.MessageId, message.PopReceipt, visibilityTimeout: TimeSpan.Zero);
        }
    }

    private static async Task<string?> WornAsync(Trial trial)
    {
        await WearAsync(trial);
        await trial.StartAsync(Three);
        await trial.EmptyAsync();
        return null;
    }

    private static async Task<string?> WornThereAsync(Trial trial)
    {
        await WearAsync(trial);
        await trial.StartAsync(Three);
        await trial.SettleAsync();
        return null;
    }

    private static async Task<string?> NoPoisonAsync(Trial trial)
    {
        trial.Act = (_, _, _) => Fail();
        await trial.SendAsync("m");
        await trial.StartAsync(Three);
        await trial.CalledAsync();
        await trial.SettleAsync();
        return null;
    }

    private static async Task<string?> NoBase64ThereAsync(Trial trial)
    {
        await trial.SendAsync("{}");
        await trial.StartAsync(Base64);
        await Until.HoldsAsync(() => Task.FromResult(trial.Recording.Text.Length > 0), "it is fetched");
        await trial.SettleAsync();
        return null;
    }

    private static async Task<string?> MadeLaterAsync(Trial trial)
    {
        await trial.StartAsync(Three);
        await trial.SendAsync("m");
        await trial.EmptyAsync();
        return null;
    }

    private static async Task<string?> DeletedAsync(Trial trial)
    {
        trial.Act = async (_, _, cancellationToken) =>
        {
            var message = (await trial.Queue.PeekMessageAsync(cancellationToken)).Value;
            Assert.Null(message);
            await trial.Queue.ClearMessagesAsync(cancellationToken);
        };
        await trial.SendAsync("m");
        await trial.StartAsync(Three);
        await trial.EmptyAsync();
        return null;
    }

    private static async Task<string?> CopyRefusedAsync(Trial trial)
    {
        trial.Act = (_, _, _) => Fail();
        trial.Recording.Refuse = step => step.StartsWith("copy", StringComparison.Ordinal) ? 403 : null;
        await trial.SendAsync("m");
        await trial.StartAsync(Three with { MaxDequeueCount = 1 });
        await trial.CalledAsync();
        await trial.SettleAsync();
        return null;
    }

    private static async Task<string?> DeleteRefusedAsync(Trial trial)
    {
        trial.Recording.Refuse = step => step == "delete" ? 403 : null;
        await trial.SendAsync("m");
        await trial.StartAsync(Three);
        await trial.CalledAsync();
        await trial.SettleAsync();
        return null;
    }

    private static async Task<string?> StopAsync(Trial trial, bool throws)
    {
        trial.Act = async (_, _, cancellationToken) =>
        {
            var cancelled = new TaskCompletionSource();
            await using var registration = cancellationToken.Register(cancelled.SetResult);
            await cancelled.Task.SoonAsync();
            trial.Recording.Add("cancelled");
            if (throws)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        };
        await trial.SendAsync("m");
        await trial.StartAsync(Three);
        await trial.CalledAsync();
        await trial.StopAsync();
        return null;
    }

    /// <summary>Twelve messages; all but two of the first batch wait until as many run as the settings let run.</summary>
    private static async Task<string?> ManyAsync(Trial trial, Func<string>? result)
    {
        var (calls, running, most) = (0, 0, 0);
        var full = new TaskCompletionSource();
        trial.Act = async (_, _, cancellationToken) =>
        {
            var now = Interlocked.Increment(ref running);
            int seen;
            while ((seen = Volatile.Read(ref most)) < now && Interlocked.CompareExchange(ref most, now, seen) != seen)
            {
            }

            if (Interlocked.Increment(ref calls) is not (2 or 3))
            {
                if (now == 4)
                {
                    full.TrySetResult();
                }

                await full.Task.SoonAsync();
            }

            Interlocked.Decrement(ref running);
        };
        await trial.SendAsync([.. Enumerable.Range(0, 12).Select(number => $"{number}")]);
        await trial.StartAsync(Three with { BatchSize = 3, NewBatchThreshold = 1 });
        await trial.EmptyAsync();
        return result?.Invoke() ?? $"{most}";
    }

    private static async Task<string?> LeaseAsync(Trial trial)
    {
        await trial.SendAsync("m");
        await trial.StartAsync(Three);
        await trial.EmptyAsync();
        return trial.Recording.Lease;
    }
}
