using System.Globalization;

namespace SlmOps.Local.Tests.FunctionsHost.Comparison;

/// <summary>What a listener did with one queue, step by step: requests as its storage saw them, and calls of the function.</summary>
internal sealed class Recording
{
    /// <summary>Sent after what a case is about: when it is done, so is everything before it.</summary>
    public const string Sentinel = "ZW5k";

    private readonly Lock _gate = new();
    private readonly List<string> _steps = [];
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the sentinel was deleted.</summary>
    public Task Settled => _settled.Task;

    /// <summary>Which steps storage refuses, with which status.</summary>
    public Func<string, int?> Refuse { get; set; } = _ => null;

    /// <summary>Seconds for which fetched messages were hidden, as the last fetch said.</summary>
    public string Lease { get; set; } = "";

    /// <summary>Most messages that a fetch asked for.</summary>
    public string Batch { get; set; } = "";

    /// <summary>Looks at the queue so far.</summary>
    public int Looks { get; set; }

    /// <summary>True when storage is out of reach: for it, the host is gone.</summary>
    public bool IsCut { get; set; }

    /// <summary>When the function was called last and when a message was hidden again, by the clock of the test.</summary>
    public (long Called, long Hidden) At { get; private set; }

    /// <summary>The steps in their order.</summary>
    public string Text
    {
        get
        {
            lock (_gate)
            {
                return string.Join(", ", _steps);
            }
        }
    }

    public void Add(string step)
    {
        var now = TimeProvider.System.GetTimestamp();
        lock (_gate)
        {
            _steps.Add(step);
            At = step.StartsWith("call", StringComparison.Ordinal) ? (now, At.Hidden)
                : step.StartsWith("hide", StringComparison.Ordinal) ? (At.Called, now)
                : At;
        }
    }

    public void Settle() => _settled.TrySetResult();

    /// <summary>The function that both listeners call.</summary>
    public Func<string, long, CancellationToken, Task> Function(Func<string, long, CancellationToken, Task> act) =>
        async (text, dequeueCount, cancellationToken) =>
        {
            if (text is Sentinel or "end")
            {
                return;
            }

            Add(string.Create(CultureInfo.InvariantCulture, $"call {dequeueCount}"));
            await act(text, dequeueCount, cancellationToken);
        };
}
