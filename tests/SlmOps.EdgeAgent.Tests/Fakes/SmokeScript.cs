namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>
/// Stands in for <c>slmops-agent --smoke</c> where hundreds of runs would cost minutes: a shell script that keeps to the protocol of
/// the process that runs models, and answers as its lines say.
/// </summary>
internal static class SmokeScript
{
    /// <summary>
    /// The script. Its lines may use <c>$folder</c> and <c>$prompts</c> of the request, and the commands <c>passes</c> and
    /// <c>disagrees REASON</c>, each of which answers and ends it.
    /// </summary>
    internal static string Of(string lines) => $$$"""
        receive() { length=$(head -c 4 | od -An -tu4 | tr -d ' '); request=$(head -c "$length"); }
        frame() { printf "\\$(printf %03o $((${#1} % 256)))\\$(printf %03o $((${#1} / 256)))\\000\\000%s" "$1"; }
        quote='\"'
        field() { printf '%s' "$quote$1$quote:$2"; }
        answer() {
          figures="$(field agreement 1),$(field tokens 8),$(field tokensPerSecond 1),$(field peakBytes 1)"
          frame "{\"Own\":\"{$(field passed "$1"),$(field code "$2"),$(field reason "$quote$3$quote"),$figures}\"}"
          exit 0
        }
        passes() { answer true null fine; }
        disagrees() { answer false "${quote}smoke-disagrees$quote" "$1"; }

        receive
        frame '{"Ready":{"Limited":true,"NoNetwork":true,"BoundToParent":true}}'
        receive
        folder=${request#*folder\\u0022:\\u0022}
        folder=${folder%%\\u0022*}
        prompts=${request##*prompts\\u0022:}
        prompts=${prompts%%[!0-9]*}
        {{{lines.ReplaceLineEndings("\n")}}}
        """.ReplaceLineEndings("\n") + "\n";
}
