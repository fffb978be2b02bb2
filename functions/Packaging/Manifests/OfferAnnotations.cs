using System.Globalization;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Manifests;

/// <summary>A variant's selection data as annotations of its descriptor, and back.</summary>
internal static class OfferAnnotations
{
    private const int MaxInstructionSets = 32;
    private const int MaxClasses = 32;
    private const string FigurePrefix = "dev.slmops.figure.";

    internal static Dictionary<string, string> Write(VariantOffer offer)
    {
        var annotations = new Dictionary<string, string>
        {
            [Annotations.Variant] = offer.Name,
            [Annotations.Recipe] = offer.Recipe,
            [Annotations.Bytes] = Number(offer.Bytes),
            [Annotations.MinimumRam] = Number(offer.Needs.RamBytes),
            [Annotations.MinimumOrt] = offer.Needs.MinimumOrt,
        };
        if (offer.Needs.InstructionSets.Count > 0)
        {
            annotations[Annotations.InstructionSets] = string.Join(',', offer.Needs.InstructionSets.Order(StringComparer.Ordinal));
        }

        foreach (var (key, classes) in Lab(offer))
        {
            if (classes.Count > 0)
            {
                annotations[key] = string.Join(',', classes.Order(StringComparer.Ordinal));
            }
        }

        foreach (var (name, value) in Figures(offer.Figures))
        {
            annotations[FigurePrefix + name] = value;
        }

        return annotations;
    }

    /// <summary>The figures that were measured, by name.</summary>
    internal static IEnumerable<(string Name, string Value)> Figures(VariantFigures figures)
    {
        foreach (var (key, value) in Doubles(figures))
        {
            if (value is { } number)
            {
                yield return (key[FigurePrefix.Length..], number.ToString("R", CultureInfo.InvariantCulture));
            }
        }

        if (figures.PeakBytes is { } peak)
        {
            yield return (Annotations.PeakBytes[FigurePrefix.Length..], Number(peak));
        }
    }

    internal static void Check(VariantNeeds needs, VariantFigures figures)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(needs.RamBytes, nameof(needs));
        if (!System.Version.TryParse(needs.MinimumOrt, out _))
        {
            throw new ArgumentException($"'{needs.MinimumOrt}' is not a version of ONNX Runtime, such as 1.22.0.", nameof(needs));
        }

        foreach (var set in needs.InstructionSets)
        {
            PackageText.RequireName(set, "instruction set");
        }

        foreach (var (key, value) in Doubles(figures))
        {
            if (value is { } number && !double.IsFinite(number))
            {
                throw new ArgumentException($"The figure {key} is {number}; a figure that could not be measured is null.", nameof(figures));
            }
        }
    }

    /// <exception cref="ArgumentException">When the lab's word is not one that can be read again.</exception>
    internal static void CheckLab(VariantOffer offer)
    {
        foreach (var name in Lab(offer).SelectMany(one => one.Classes))
        {
            PackageText.RequireName(name, "class of processors");
        }

        if (Fault(offer.PassedClasses, offer.FailedClasses) is { } fault)
        {
            throw new ArgumentException($"The variant '{offer.Name}' {fault}.", nameof(offer));
        }
    }

    internal static VariantOffer Read(StrictJson descriptor)
    {
        var annotations = descriptor.Map("annotations", 64);
        string Required(string key) => annotations.TryGetValue(key, out var text)
            ? text
            : throw descriptor.Refuse("missing-property", $"lacks the annotation '{key}'.");
        long Whole(string key, string text) =>
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= Limits.FileBytes
                ? number
                : throw descriptor.Refuse(
                    "out-of-range",
                    $"has the annotation '{key}' that is not a whole number up to {Limits.FileBytes}.");
        double? Figure(string key) =>
            !annotations.TryGetValue(key, out var text) ? null
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number
            : throw descriptor.Refuse("out-of-range", $"has the annotation '{key}' that is not a finite number.");

        var name = Required(Annotations.Variant);
        if (!SafeName.IsValid(name))
        {
            throw descriptor.Refuse("unsafe-name", $"names the variant '{StrictJson.Shown(name)}'; a name is {SafeName.Rule}.");
        }

        var ort = Required(Annotations.MinimumOrt);
        if (!System.Version.TryParse(ort, out _))
        {
            throw descriptor.Refuse("bad-version", $"asks for ONNX Runtime '{StrictJson.Shown(ort)}', which is not a version.");
        }

        var (passed, failed) = (Classes(annotations, Annotations.LabPassed), Classes(annotations, Annotations.LabFailed));
        if (passed.Concat(failed).Any(one => !SafeName.IsValid(one)) || Fault(passed, failed) is not null)
        {
            throw descriptor.Refuse(
                "bad-lab",
                $"has {Annotations.LabPassed} and {Annotations.LabFailed} that {Fault(passed, failed) ?? "hold what is no safe name"}.");
        }

        string[] sets = annotations.TryGetValue(Annotations.InstructionSets, out var list) ? list.Split(',') : [];
        if (sets.Length > MaxInstructionSets || sets.Any(set => !SafeName.IsValid(set)))
        {
            throw descriptor.Refuse(
                "unsafe-name",
                $"names more than {MaxInstructionSets} instruction sets, or one that is not a safe name.");
        }

        var recipe = Required(Annotations.Recipe);
        return PackageText.IsPortable(recipe)
            ? new(
                name,
                descriptor.Digest("digest"),
                descriptor.Number("size", 1, Limits.ManifestBytes),
                Whole(Annotations.Bytes, Required(Annotations.Bytes)),
                recipe,
                new(Whole(Annotations.MinimumRam, Required(Annotations.MinimumRam)), ort, sets),
                new(
                    Figure(Annotations.Perplexity),
                    Figure(Annotations.PerplexityChange),
                    Figure(Annotations.Kl),
                    Figure(Annotations.Top1Agreement),
                    Figure(Annotations.SqnrDb),
                    Figure(Annotations.TokensPerSecond),
                    Figure(Annotations.PrefillTokensPerSecond),
                    annotations.TryGetValue(Annotations.PeakBytes, out var peak) ? Whole(Annotations.PeakBytes, peak) : null)
                {
                    Cosine = Figure(Annotations.Cosine),
                    Neighbours = Figure(Annotations.Neighbours),
                })
            {
                PassedClasses = passed,
                FailedClasses = failed,
            }
            : throw descriptor.Refuse("bad-text", "has a recipe that is not portable text.");
    }

    private static (string Key, IReadOnlyList<string> Classes)[] Lab(VariantOffer offer) =>
        [(Annotations.LabPassed, offer.PassedClasses), (Annotations.LabFailed, offer.FailedClasses)];

    private static string[] Classes(IReadOnlyDictionary<string, string> annotations, string key) =>
        annotations.TryGetValue(key, out var list) ? list.Split(',') : [];

    private static string? Fault(IReadOnlyList<string> passed, IReadOnlyList<string> failed) =>
        passed.Count > MaxClasses || failed.Count > MaxClasses ? $"name more than {MaxClasses} classes of processors"
        : passed.Concat(failed).Distinct().Count() < passed.Count + failed.Count ? "name a class of processors twice"
        : null;

    private static (string Key, double? Value)[] Doubles(VariantFigures figures) =>
    [
        (Annotations.Perplexity, figures.Perplexity),
        (Annotations.PerplexityChange, figures.PerplexityChange),
        (Annotations.Kl, figures.Kl),
        (Annotations.Top1Agreement, figures.Top1Agreement),
        (Annotations.SqnrDb, figures.SqnrDb),
        (Annotations.Cosine, figures.Cosine),
        (Annotations.Neighbours, figures.Neighbours),
        (Annotations.TokensPerSecond, figures.TokensPerSecond),
        (Annotations.PrefillTokensPerSecond, figures.PrefillTokensPerSecond),
    ];

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
