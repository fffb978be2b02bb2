namespace SlmOps.Quantizer.Streaming;

/// <summary>Arrays that grow to the largest piece and are used again.</summary>
internal static class SliceBuffer
{
    // Small enough for steady memory, large enough that a slice of rows is read in long pieces.
    internal const int Elements = 4 << 20;

    /// <summary>Columns of a K × N matrix that are worked on at once.</summary>
    internal static int Columns(int k, int n) => (long)k * n <= Elements ? n : Math.Max(64, Elements / k / 64 * 64);

    internal static void Grow<T>(ref T[] buffer, long length)
    {
        if (buffer.Length < length)
        {
            buffer = GC.AllocateUninitializedArray<T>(checked((int)length));
        }
    }
}
