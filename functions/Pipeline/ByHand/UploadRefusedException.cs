namespace SlmOps.Pipeline.ByHand;

/// <summary>A folder that the pipeline would not take; the message has every reason and its cure.</summary>
public sealed class UploadRefusedException(string message) : Exception(message);
