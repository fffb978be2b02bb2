namespace SlmOps.Packaging.Deltas;

/// <summary>Where a tensor's bytes lie.</summary>
/// <param name="Path">The file.</param>
/// <param name="Offset">Offset in it.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Key">Name, element type and shape: two tensors with the same key can be subtracted.</param>
internal sealed record TensorSpan(string Path, long Offset, long Length, string Key);
