using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>One model for another runtime to run, on the seeded input.</summary>
internal sealed record RuntimeRequest(AwkwardModel Model, string Path, int Seed);

/// <summary>What came of it: shape and bytes of the output, or the error.</summary>
internal sealed record RuntimeAnswer(long[]? Dims, byte[]? Data, string? Error);

/// <summary>Runs models in the ONNX Runtime that npm's binding of some version brings.</summary>
/// <param name="folder">Folder in whose node_modules onnxruntime-node lies.</param>
/// <param name="launcher">What starts Node.js, such as an emulator; empty for nothing.</param>
internal sealed class OtherRuntime(string folder, params string[] launcher)
{
    internal static string OutsideFolder { get; } = Path.GetFullPath(Path.Combine(Here(), "..", "Outside"));

    /// <exception cref="InvalidOperationException">When the process does not answer, with what it said.</exception>
    internal async Task<List<RuntimeAnswer>> RunAsync(IEnumerable<RuntimeRequest> requests, CancellationToken cancellationToken)
    {
        string[] command = [.. launcher, launcher.Length > 0 ? OnPath("node") : "node", Path.Combine(OutsideFolder, "run.cjs")];
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("Node.js 20 or later must be on the path.");
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.StandardInput.WriteAsync(JsonSerializer.Serialize(requests.Select(Message)).AsMemory(), cancellationToken);
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"The process ended with exit code {process.ExitCode}: {await error}");
        }

        using var document = JsonDocument.Parse(await output);
        return [.. document.RootElement.EnumerateArray().Select(Answer)];
    }

    private static Dictionary<string, object> Message(RuntimeRequest request)
    {
        var (type, dims, data) = Comparison.Input(request.Model, request.Seed);
        return new() { ["path"] = request.Path, ["type"] = type, ["dims"] = dims, ["data"] = Convert.ToBase64String(data) };
    }

    private static RuntimeAnswer Answer(JsonElement answer) =>
        answer.TryGetProperty("error", out var failed)
            ? new(null, null, failed.GetString())
            : new(
                [.. answer.GetProperty("dims").EnumerateArray().Select(d => d.GetInt64())],
                answer.GetProperty("data").GetBytesFromBase64(),
                null);

    // An emulator is given a file, not a name to look for.
    private static string OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(one => Path.Combine(one, program)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"There is no {program} on the path.");

    private static string Here([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
