using System.Globalization;

namespace SlmOps.Local.StorageProxy;

/// <summary>Texts that grow in ordinal order, over restarts too, for the order of events of one blob.</summary>
internal sealed class Sequencer(TimeProvider time)
{
    private long _last;

    public string Next()
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(last + 1, time.GetUtcNow().UtcTicks);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return next.ToString("X32", CultureInfo.InvariantCulture);
            }
        }
    }
}
