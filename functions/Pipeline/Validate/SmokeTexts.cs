using SlmOps.Inference.Smoke;

namespace SlmOps.Pipeline.Validate;

/// <summary>
/// What devices feed a model: prompts with their continuations, cut so that a device needs far less for them than for
/// letting the model run on by itself. Pure.
/// </summary>
internal static class SmokeTexts
{
    // Together enough for a mean, and little beside loading a model.
    private const int MostTokens = 512;
    private const int MostOfOne = 128;
    private const int LeastOfOne = 8;
    private const int MostSteps = 24;

    /// <summary>The end of each text, and of the first one as many tokens as are also given one by one.</summary>
    internal static IReadOnlyList<ForcedText> Of(IReadOnlyList<IReadOnlyList<int>> texts)
    {
        var most = Math.Clamp(MostTokens / texts.Count, LeastOfOne, MostOfOne);
        return [.. texts.Select((text, at) =>
        {
            int[] tokens = [.. text.TakeLast(most)];
            return new ForcedText(tokens, at == 0 ? Math.Min(MostSteps, tokens.Length - 1) : 0);
        })];
    }
}
