using System.Text.Json;
using SlmOps.Inference.Tokenization;

namespace SlmOps.Inference.Tests;

/// <summary>The sample model in the repository.</summary>
internal static class Sample
{
    internal static readonly string Root = FindRoot();
    internal static readonly string Folder = Path.Combine(Root, "infra", "samples", "pydocs-slm");

    internal static string Model => Path.Combine(Folder, "model.onnx");

    internal static string TokenizerJson => Path.Combine(Folder, "tokenizer.json");

    internal static string EvalText => File.ReadAllText(Path.Combine(Folder, "eval.txt"));

    /// <summary>Prompt text, its tokens with the start token, and the greedy continuation recorded when it was trained.</summary>
    internal static IReadOnlyList<(string Text, int[] Prompt, int[] Greedy)> SmokePrompts()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "smoke.json")));
        return [.. document.RootElement.GetProperty("prompts").EnumerateArray().Select(prompt => (
            prompt.GetProperty("text").GetString()!,
            Ids(prompt.GetProperty("promptTokens")),
            Ids(prompt.GetProperty("greedyTokens"))))];

        static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SlmOps.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
