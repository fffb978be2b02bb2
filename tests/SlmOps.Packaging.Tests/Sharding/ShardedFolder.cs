using SlmOps.Packaging.Sharding;

namespace SlmOps.Packaging.Tests.Sharding;

/// <summary>Puts a sharded variant on the disk, as a device does.</summary>
internal static class ShardedFolder
{
    internal static async Task<ShardedVariant> WriteAsync(string source, string target, CancellationToken cancellationToken)
    {
        var variant = await WeightSharder.ReadAsync(source, "model.onnx", cancellationToken);
        foreach (var file in variant.Files)
        {
            var path = Path.Combine(target, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using var content = file.Open();
            await using var output = File.Create(path);
            await content.CopyToAsync(output, cancellationToken);
        }

        return variant;
    }
}
