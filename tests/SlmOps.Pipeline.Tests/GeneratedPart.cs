namespace SlmOps.Pipeline.Tests;

/// <summary>
/// The part of a document that code knows better, between <c>&lt;!-- name --&gt;</c> and <c>&lt;!-- /name --&gt;</c>. With
/// <c>SLMOPS_WRITE=1</c> in the environment it is written, otherwise compared.
/// </summary>
internal static class GeneratedPart
{
    internal static void Check(string document, string name, string expected)
    {
        var path = Path.Combine(RepositoryRoot.Path, document);
        var text = File.ReadAllText(path);
        var (start, end) = ($"<!-- {name} -->\n", $"<!-- /{name} -->");
        var from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        var to = text.IndexOf(end, StringComparison.Ordinal);
        Assert.True(from >= start.Length && to >= from, $"{document} has no part {name}.");
        if (Environment.GetEnvironmentVariable("SLMOPS_WRITE") == "1")
        {
            File.WriteAllText(path, text[..from] + expected + "\n" + text[to..]);
            return;
        }

        Assert.True(
            expected + "\n" == text[from..to],
            $"{document} is behind the code: run this test with SLMOPS_WRITE=1. Expected:\n{expected}");
    }
}
