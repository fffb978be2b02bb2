using System.Globalization;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Device;
using SlmOps.Inference.Smoke;

namespace SlmOps.EdgeAgent.Smoke;

/// <summary>The smoke test of a model that is no language model: what it makes of the inputs that came with it.</summary>
internal static class OutputsTest
{
    internal static SmokeOutcome Run(string path, SmokeOutputs test, int runs)
    {
        using var model = FixedRun.Open(path);
        var (worst, where, values) = (0.0, "", 0);
        foreach (var run in test.Runs.Take(runs))
        {
            var found = model.Run(run.Inputs, run.Outputs.ToDictionary(output => output.Name, output => output.Values.Count));
            foreach (var (expected, output) in run.Outputs.Zip(found))
            {
                if (!output.Shape.SequenceEqual(expected.Shape))
                {
                    return Disagrees(
                        $"the output '{output.Name}' has the shape [{string.Join(", ", output.Shape)}] where "
                            + $"[{string.Join(", ", expected.Shape)}] is due");
                }

                if (!output.Values.All(double.IsFinite))
                {
                    return SmokeTester.Failed("smoke-not-finite", $"The output '{output.Name}' is not finite on its sample inputs.");
                }

                var error = SmokeJudge.RelativeError(expected.Values, output.Values);
                values += output.Values.Count;
                (worst, where) = error >= worst ? (error, output.Name) : (worst, where);
            }
        }

        var said = string.Create(
            CultureInfo.InvariantCulture,
            $"outputs differ by {worst:0.######} at most ('{where}'; {test.RelativeError:0.######} may be), over {values} values");
        return worst <= test.RelativeError
            ? new(true, null, On(said), null, 0, null, SmokeTester.PeakBytes())
            : Disagrees(said);
    }

    private static SmokeOutcome Disagrees(string said) => SmokeTester.Failed(ReasonCodes.SmokeDisagrees, On(said));

    private static string On(string said) => $"on {Machine.ProcessorClassName ?? "an unknown processor"}: {said}";
}
