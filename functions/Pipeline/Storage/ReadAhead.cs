using System.Runtime.CompilerServices;

namespace SlmOps.Pipeline.Storage;

/// <summary>A stretch of a blob.</summary>
/// <param name="Blob">The blob.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct BlobStretch(PinnedBlob Blob, long Offset, int Length);

/// <summary>Reads stretches one after the other, while the next ones are already on their way.</summary>
internal static class ReadAhead
{
    internal const int BlockBytes = 4 << 20;
    private const int Requests = 4;

    /// <summary>The bytes of each stretch, in order; a buffer is used again once the next one is asked for.</summary>
    /// <param name="stretches">Each at most <see cref="BlockBytes"/> long.</param>
    /// <param name="cancellationToken">Stops the requests.</param>
    internal static async IAsyncEnumerable<(BlobStretch Stretch, ReadOnlyMemory<byte> Bytes)> ReadAsync(
        IEnumerable<BlobStretch> stretches, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waiting = new Queue<(BlobStretch Stretch, byte[] Buffer, Task Reading)>();
        var free = new Stack<byte[]>();
        using var next = stretches.GetEnumerator();
        try
        {
            while (true)
            {
                while (waiting.Count < Requests && next.MoveNext())
                {
                    var stretch = next.Current;
                    var buffer = free.TryPop(out var used) && used.Length >= stretch.Length ? used : new byte[stretch.Length];
                    var into = buffer.AsMemory(0, stretch.Length);
                    waiting.Enqueue((stretch, buffer, stretch.Blob.ReadAsync(stretch.Offset, into, stop.Token)));
                }

                if (!waiting.TryPeek(out var first))
                {
                    break;
                }

                await first.Reading.ConfigureAwait(false);
                waiting.Dequeue();
                yield return (first.Stretch, first.Buffer.AsMemory(0, first.Stretch.Length));
                free.Push(first.Buffer);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            foreach (var (_, _, reading) in waiting)
            {
                await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>A part of a blob as stretches.</summary>
    internal static IEnumerable<BlobStretch> Cut(PinnedBlob blob, long offset, long length)
    {
        for (var end = offset + length; offset < end; offset += BlockBytes)
        {
            yield return new(blob, offset, (int)Math.Min(BlockBytes, end - offset));
        }
    }
}
