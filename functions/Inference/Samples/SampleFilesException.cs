namespace SlmOps.Inference.Samples;

/// <summary>A file of sample inputs is not what it should be: the message says which file, where in it, and what to do.</summary>
public sealed class SampleFilesException : Exception
{
    internal SampleFilesException(string path, string what, Exception? inner = null)
        : base($"{Path.GetFileName(path)}: {what}", inner)
    {
    }
}
