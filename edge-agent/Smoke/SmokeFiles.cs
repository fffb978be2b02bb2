using System.Text.Json;
using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Smoke;

/// <summary>Reads smoke files. They come with a package, and what they ask for is bounded before anything is run.</summary>
internal static class SmokeFiles
{
    /// <exception cref="InvalidDataException">When the file is too large or out of bounds.</exception>
    /// <exception cref="JsonException">When it is not JSON.</exception>
    internal static SmokeTest ReadTest(string path)
    {
        var test = JsonSerializer.Deserialize(Bytes(path), ContractsJson.Default.SmokeTest);
        return SmokeRules.Fault(test) is { } fault ? throw Bad(path, fault) : test!;
    }

    /// <exception cref="InvalidDataException">When the file is too large or out of bounds.</exception>
    /// <exception cref="JsonException">When it is not JSON.</exception>
    internal static SmokeOutputs ReadOutputs(string path)
    {
        var test = JsonSerializer.Deserialize(Bytes(path), ContractsJson.Default.SmokeOutputs);
        return SmokeRules.Fault(test) is { } fault ? throw Bad(path, fault) : test!;
    }

    private static byte[] Bytes(string path) => new FileInfo(path).Length <= SmokeRules.MaxBytes
        ? File.ReadAllBytes(path)
        : throw Bad(path, $"it has more than {SmokeRules.MaxBytes} bytes");

    private static InvalidDataException Bad(string path, string fault) => new($"{Path.GetFileName(path)}: {fault}.");
}
