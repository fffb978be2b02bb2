using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Intake;

/// <summary>
/// Reads <c>samples</c>, <c>inputs</c> and <c>dimensions</c> of slmops.json.
/// <code>"samples": "samples.npz", "inputs": { "sr": { "value": 16000 } }, "dimensions": { "height": 224 }</code>
/// </summary>
internal static class SampleRequestReader
{
    private const int MaxFiles = 64;
    private const int MaxInputs = 256;
    private const int MaxRank = 8;
    private const int MaxSize = 1 << 24;
    private const double MaxValue = 1e18;

    private static readonly string[] Endings = [".npz", ".npy", ".json"];

    internal static SampleRequest Read(ManifestFields root) => new(
        root.Paths("samples", MaxFiles, Endings),
        root.Named("inputs", MaxInputs).ToDictionary(input => input.Key, input => Input(input.Value)),
        root.Sizes("dimensions", MaxInputs, MaxSize));

    private static InputRequest Input(ManifestFields fields)
    {
        var input = new InputRequest(Number(fields, "value"), Number(fields, "min"), Number(fields, "max"), fields.Shape("shape", MaxRank, MaxSize));
        if (input.Min is null != input.Max is null)
        {
            fields.Refuse(input.Min is null ? "min" : "max", "is missing", "Give both \"min\" and \"max\"");
        }
        else if (input.Min > input.Max)
        {
            fields.Refuse("min", "is greater than \"max\"", "Swap them");
        }
        else if (input is { Value: not null, Min: not null })
        {
            fields.Refuse("value", "stands beside a range", "Give either \"value\" or \"min\" and \"max\"");
        }

        fields.Done();
        return input;
    }

    private static double? Number(ManifestFields fields, string key) => fields.Has(key) ? fields.Number(key, 0, -MaxValue, MaxValue) : null;
}
