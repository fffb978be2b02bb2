namespace SlmOps.EdgeAgent.Planning;

/// <summary>What the owner of the device wants most of a variant.</summary>
internal enum Preference
{
    Balanced,
    Quality,
    Speed,
    Size,
}
