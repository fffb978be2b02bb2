using SlmOps.Pipeline.Processors;

namespace SlmOps.Pipeline.Runs;

/// <summary>On which processors every variant is tried before it is packaged.</summary>
/// <param name="Processors">Names of processors, each once; the lab's own machine is tried in any case.</param>
/// <param name="Tokens">Tokens of the text that language models are run on.</param>
/// <param name="Required">True when a variant that was not tried on all of them is not released.</param>
internal sealed record LabRequest(IReadOnlyList<string> Processors, int Tokens, bool Required)
{
    internal const int DefaultTokens = 96;

    /// <summary>One of each class of processors that can be emulated, on the usual text, for the record.</summary>
    internal static readonly LabRequest Default = new(LabProcessors.Usual, DefaultTokens, Required: false);
}
