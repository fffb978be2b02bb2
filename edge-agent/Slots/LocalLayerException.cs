namespace SlmOps.EdgeAgent.Slots;

/// <summary>A local layer cannot be made; the message says why and what to do.</summary>
internal sealed class LocalLayerException(string message) : Exception(message);
