namespace SlmOps.EdgeAgent.State;

/// <summary>One of the two folders that hold a complete model.</summary>
internal enum Slot
{
    A,
    B,
}
