using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using SlmOps.Quantizer.Tests.Corpus;

namespace SlmOps.Quantizer.Tests.Outside;

/// <summary>
/// ONNX Runtime 1.23, the oldest that every recipe claims, through its binding for Node.js: what it makes of our files is
/// what the runtime of this solution makes of them.
/// </summary>
public sealed class OldestRuntimeTests : IDisposable
{
    // Both round inputs to int8, and a value between two steps may go either way.
    private const double SameOutput = 5e-3;
    private const int Graphs = 12;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Recipes => [.. ModelQuantizer.Recipes.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task Quantize_AwkwardGraphs_GiveTheSameOutputInTheOldestRuntime(string recipe)
    {
        var cases = Enumerable.Range(0, Graphs).Select(seed => Case(seed, recipe)).ToList();
        var answers = await RunAsync(cases);
        var failures = new List<string>();
        foreach (var (request, answer) in cases.Zip(answers))
        {
            var about = $"seed {request.Seed}, {string.Join(", ", request.Model.Features)}";
            if (answer.Error is not null)
            {
                failures.Add($"{about}: {answer.Error}");
                continue;
            }

            var (shape, expected) = Comparison.Run(request.Model, request.Path, request.Seed);
            Assert.Equal(shape, string.Join(",", answer.Dims!));
            var difference = Comparison.Difference(expected, MemoryMarshal.Cast<byte, float>(answer.Data!).ToArray());
            if (!(difference <= SameOutput))
            {
                failures.Add($"{about}: differs by {difference:G3}");
            }
        }

        Assert.True(failures.Count == 0, string.Join("\n", failures));
    }

    private (AwkwardModel Model, string Path, int Seed) Case(int seed, string recipe)
    {
        var model = new AwkwardModel(seed);
        var folder = _folder.File($"{seed}");
        var path = Path.Combine(folder, "out.onnx");
        var options = new QuantizationOptions { Recipe = recipe, Sparsity = recipe == "prune" ? 0.3 : null };
        ModelQuantizer.Quantize(model.Builder.Save(folder, model.Files), path, options, null, CancellationToken.None);
        return (model, path, seed);
    }

    private static async Task<List<(long[]? Dims, byte[]? Data, string? Error)>> RunAsync(IEnumerable<(AwkwardModel Model, string Path, int Seed)> cases)
    {
        var requests = cases.Select(c =>
        {
            var (type, dims, data) = Comparison.Input(c.Model, c.Seed);
            return new Dictionary<string, object> { ["path"] = c.Path, ["type"] = type, ["dims"] = dims, ["data"] = Convert.ToBase64String(data) };
        });
        var stop = TestContext.Current.CancellationToken;
        using var process = Process.Start(new ProcessStartInfo("node", ["run.cjs"])
        {
            WorkingDirectory = Folder(),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("Node.js 20 or later must be on the path.");
        var output = process.StandardOutput.ReadToEndAsync(stop);
        var error = process.StandardError.ReadToEndAsync(stop);
        await process.StandardInput.WriteAsync(JsonSerializer.Serialize(requests).AsMemory(), stop);
        process.StandardInput.Close();
        await process.WaitForExitAsync(stop);
        Assert.True(process.ExitCode == 0, await error);
        using var document = JsonDocument.Parse(await output);
        return [.. document.RootElement.EnumerateArray().Select(a => a.TryGetProperty("error", out var failed) ? ((long[]?)null, (byte[]?)null, failed.GetString())
            : (a.GetProperty("dims").EnumerateArray().Select(d => d.GetInt64()).ToArray(), a.GetProperty("data").GetBytesFromBase64(), null))];
    }

    private static string Folder([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
