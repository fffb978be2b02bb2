namespace SlmOps.Quantizer;

/// <summary>
/// Where a model's bytes lie when they are no files of this machine: storage that is read by ranges. Names are those of the
/// caller, with slashes; external data is asked for beside the graph, under the folder of the graph's name. All calls come
/// from one thread.
/// </summary>
public interface IModelSource
{
    /// <summary>Bytes of a file; null when there is no such file. It stays the same as long as the source is used.</summary>
    /// <param name="name">Name of the file.</param>
    long? LengthOf(string name);

    /// <summary>Fills a buffer with bytes of a file.</summary>
    /// <param name="name">A file that <see cref="LengthOf"/> knows.</param>
    /// <param name="offset">Where to begin, in bytes; the bytes asked for lie inside the file.</param>
    /// <param name="into">The buffer.</param>
    /// <exception cref="IOException">When the bytes cannot be read, or are no longer those that were there first.</exception>
    void Read(string name, long offset, Span<byte> into);

    /// <summary>
    /// Fills a buffer with the same stretch of several rows, one after the other: a strip of columns. The strip beside it is
    /// often asked for next.
    /// </summary>
    /// <param name="name">A file that <see cref="LengthOf"/> knows.</param>
    /// <param name="offset">Where the stretch of the first row begins, in bytes.</param>
    /// <param name="stretch">Bytes of each row; the buffer holds a whole number of them.</param>
    /// <param name="stride">Bytes from one row's stretch to the next one's.</param>
    /// <param name="into">The buffer.</param>
    /// <exception cref="IOException">When the bytes cannot be read, or are no longer those that were there first.</exception>
    void ReadRows(string name, long offset, int stretch, long stride, Span<byte> into)
    {
        for (; into.Length > 0; into = into[stretch..], offset += stride)
        {
            Read(name, offset, into[..stretch]);
        }
    }
}
