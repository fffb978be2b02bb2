using System.Text.Json;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Runs;

/// <summary>What devices test a variant by, as files beside its graph.</summary>
internal static class SmokeFiles
{
    /// <summary>What validation made of them, by the paths that they have in a package.</summary>
    internal static IEnumerable<(string Path, byte[] Bytes)> Of(ValidateResult validated)
    {
        if (validated.SmokeTest is { } smoke)
        {
            yield return (ModelFiles.SmokeFile, JsonSerializer.SerializeToUtf8Bytes(smoke, ContractsJson.Default.SmokeTest));
        }

        if (validated.SmokeOutputs is { } outputs)
        {
            yield return (SmokeRules.OutputsFileName, JsonSerializer.SerializeToUtf8Bytes(outputs, ContractsJson.Default.SmokeOutputs));
        }
    }

    /// <summary>Writes them.</summary>
    internal static async Task WriteAsync(ValidateResult validated, string folder, CancellationToken cancellationToken)
    {
        foreach (var (path, bytes) in Of(validated))
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, path), bytes, cancellationToken).ConfigureAwait(false);
        }
    }
}
