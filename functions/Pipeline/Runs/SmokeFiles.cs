using System.Text.Json;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Runs;

/// <summary>What devices test a variant by, as files beside its graph.</summary>
internal static class SmokeFiles
{
    /// <summary>Writes what validation made of them.</summary>
    internal static async Task WriteAsync(ValidateResult validated, string folder, CancellationToken cancellationToken)
    {
        if (validated.SmokeTest is { } smoke)
        {
            await File.WriteAllBytesAsync(
                Path.Combine(folder, ModelFiles.SmokeFile),
                JsonSerializer.SerializeToUtf8Bytes(smoke, ContractsJson.Default.SmokeTest),
                cancellationToken).ConfigureAwait(false);
        }

        if (validated.SmokeOutputs is { } outputs)
        {
            await File.WriteAllBytesAsync(
                Path.Combine(folder, SmokeRules.OutputsFileName),
                JsonSerializer.SerializeToUtf8Bytes(outputs, ContractsJson.Default.SmokeOutputs),
                cancellationToken).ConfigureAwait(false);
        }
    }
}
