using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Slots;

/// <summary>A file of a slot.</summary>
/// <param name="Path">Where it goes.</param>
/// <param name="Digest">Digest of its bytes.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Content">Its bytes where the device makes them; null for a blob of the store.</param>
internal sealed record SlotFile(string Path, Digest Digest, long Size, byte[]? Content = null)
{
    internal static SlotFile Made(string path, byte[] content) => new(path, Digest.Of(content), content.Length, content);
}
