namespace SlmOps.Quantizer;

/// <summary>
/// Where a quantized model goes: a folder (<see cref="FolderSink"/>), or storage that takes streams. Files are written one
/// after the other, each from its first byte to its last, and hashed on the way, so nothing has to be read again.
/// </summary>
public interface IModelSink : IDisposable
{
    /// <summary>Opens a file of the model. Nobody may see it under this name before <see cref="Complete"/>.</summary>
    /// <param name="name">File name without a folder.</param>
    /// <returns>A stream that is only written to; disposing it ends the file.</returns>
    Stream Create(string name);

    /// <summary>
    /// Says that the next bytes of a file which are not padding are a tensor's, before they are written. Nothing need be done.
    /// </summary>
    /// <param name="name">The file.</param>
    /// <param name="tensor">The tensor, and where it lies in the file.</param>
    void Begin(string name, OutputTensor tensor)
    {
    }

    /// <summary>
    /// Makes the files visible: all streams are closed and hold what the list says. Not called after a failure; disposing
    /// the sink then leaves nothing behind.
    /// </summary>
    /// <param name="files">The files in the order in which they must appear: the graph comes last, after what it points to.</param>
    void Complete(IReadOnlyList<OutputFile> files);
}

/// <summary>A tensor in a file of a quantized model.</summary>
/// <param name="Origin">The weight that it is made of, by its name in the input.</param>
/// <param name="Consumer">Name of the first node that multiplies by that weight; null when there is none.</param>
/// <param name="Offset">Where it begins, in bytes.</param>
/// <param name="Bytes">Its length.</param>
public sealed record OutputTensor(string Origin, string? Consumer, long Offset, long Bytes);

/// <summary>A file of a quantized model.</summary>
/// <param name="Name">File name without a folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">SHA-256 in lowercase hexadecimal.</param>
public sealed record OutputFile(string Name, long Bytes, string Sha256);
