using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SlmOps.Inference.Tests.Tokenization;

/// <summary>The independent reader of tokenizer.json: npm @huggingface/tokenizers in Node.js.</summary>
internal static class ReferenceReader
{
    internal static async Task<IReadOnlyList<(int[] Ids, string Text)>> RunAsync(string tokenizerJson, IReadOnlyList<string> texts)
    {
        var request = new JsonObject
        {
            ["tokenizer"] = JsonNode.Parse(tokenizerJson),
            ["texts"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]),
        };
        var answer = await NodeAsync("reference.mjs", request.ToJsonString());
        using var document = JsonDocument.Parse(answer);
        return [.. document.RootElement.EnumerateArray().Select(result => (
            result.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray(),
            result.GetProperty("text").GetString()!))];
    }

    /// <summary>Runs a script of this folder; the packages it imports are those of the repository's package.json.</summary>
    internal static async Task<string> NodeAsync(string script, string input)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var process = Process.Start(new ProcessStartInfo("node", [script])
        {
            WorkingDirectory = Path.Combine(Sample.Root, "tests", "SlmOps.Inference.Tests", "Tokenization"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("Node.js 20 or later must be on the path.");
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"{script} failed; run npm ci in the repository first. {await errors}");
    }
}
