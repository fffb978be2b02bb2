using System.Runtime.InteropServices;
using SlmOps.Quantizer.Recipes;
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

    public static TheoryData<string> Recipes => [.. RecipeCatalog.All.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task Quantize_AwkwardGraphs_GiveTheSameOutputInTheOldestRuntime(string recipe)
    {
        var cases = Enumerable.Range(0, Graphs).Select(seed => Case(seed, recipe)).ToList();
        var answers = await new OtherRuntime(OtherRuntime.OutsideFolder).RunAsync(cases, TestContext.Current.CancellationToken);
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

    private RuntimeRequest Case(int seed, string recipe)
    {
        var model = new AwkwardModel(seed);
        var folder = _folder.File($"{seed}");
        var path = Path.Combine(folder, "out.onnx");
        var options = new QuantizationOptions { Recipe = recipe, Sparsity = recipe == "prune" ? 0.3 : null };
        ModelQuantizer.Quantize(model.Builder.Save(folder, model.Files), path, options, null, CancellationToken.None);
        return new(model, path, seed);
    }
}
