using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Intake;

/// <summary>
/// Reads <c>samples</c>, <c>inputs</c> and <c>dimensions</c> of slmops.json.
/// <code>"samples": "samples.npz", "inputs": { "sr": { "value": 16000 } }, "dimensions": { "height": 224 }</code>
/// </summary>
internal static class SampleRequestReader
{
    internal static SampleRequest Read(ManifestFields root) => new(
        root.Paths(ManifestKeys.Samples),
        root.Named(ManifestKeys.Inputs).ToDictionary(input => input.Key, input => Input(input.Value)),
        root.Sizes(ManifestKeys.Dimensions));

    private static InputRequest Input(ManifestFields fields)
    {
        var input = new InputRequest(
            Number(fields, ManifestKeys.InputValue),
            Number(fields, ManifestKeys.InputMin),
            Number(fields, ManifestKeys.InputMax),
            fields.Shape(ManifestKeys.InputShape));
        if (input.Min is null != input.Max is null)
        {
            fields.Refuse(input.Min is null ? ManifestKeys.InputMin : ManifestKeys.InputMax, "is missing", "Give both \"min\" and \"max\"");
        }
        else if (input.Min > input.Max)
        {
            fields.Refuse(ManifestKeys.InputMin, "is greater than \"max\"", "Swap them");
        }
        else if (input is { Value: not null, Min: not null })
        {
            fields.Refuse(ManifestKeys.InputValue, "stands beside a range", "Give either \"value\" or \"min\" and \"max\"");
        }

        fields.Done();
        return input;
    }

    private static double? Number(ManifestFields fields, NumberKey key) => fields.Has(key) ? fields.Number(key) : null;
}
