using SlmOps.Contracts;

namespace SlmOps.Pipeline.Storage;

/// <summary>A file by its path in a folder and its digest in the artifacts container.</summary>
internal sealed record StoredFile(string Path, Digest Digest, long Size);
