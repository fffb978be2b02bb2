using SlmOps.Contracts;

namespace SlmOps.Pipeline.Runs;

/// <summary>Keeps a rejection small enough for a table row and an event, whatever the upload holds. Pure.</summary>
internal static class ProblemLimits
{
    internal const int MaxProblems = 50;
    internal const int MaxText = 300;

    internal static IReadOnlyList<Problem> Apply(IReadOnlyList<Problem> problems) =>
        problems.Count <= MaxProblems
            ? [.. problems.Select(Cut)]
            :
            [
                .. problems.Take(MaxProblems - 1).Select(Cut),
                new(
                    "more-problems",
                    $"{problems.Count - MaxProblems + 1} more problems are not listed.",
                    "Correct these first and upload again."),
            ];

    private static Problem Cut(Problem problem) => problem with
    {
        Message = Cut(problem.Message),
        Cure = Cut(problem.Cure),
        File = problem.File is { } file ? Cut(file) : null,
    };

    private static string Cut(string text)
    {
        if (text.Length <= MaxText)
        {
            return text;
        }

        var end = char.IsHighSurrogate(text[MaxText - 1]) ? MaxText - 1 : MaxText;
        return text[..end] + "…";
    }
}
