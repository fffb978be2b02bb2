using System.Globalization;
using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>Chooses among the variants of a release for one device.</summary>
internal static class VariantChoice
{
    internal static VariantDecision Choose(
        IReadOnlyList<VariantOffer> offers,
        Hardware hardware,
        Preference preference,
        IReadOnlySet<Digest> condemned,
        string? processorClass)
    {
        var refused = new List<VariantRefusal>();
        var fitting = new List<VariantOffer>();
        foreach (var offer in offers)
        {
            if (Obstacle(offer, hardware, condemned, processorClass) is { } obstacle)
            {
                refused.Add(new(offer.Name, obstacle));
            }
            else
            {
                fitting.Add(offer);
            }
        }

        return fitting.Count == 0
            ? new(null, "no variant fits: " + string.Join("; ", refused.Select(one => $"{one.Variant} {one.Reason}")), refused)
            : Best(fitting, preference) with { Refused = refused };
    }

    private static string? Obstacle(
        VariantOffer offer, Hardware hardware, IReadOnlySet<Digest> condemned, string? processorClass)
    {
        if (condemned.Contains(offer.Manifest))
        {
            return "failed on this device before";
        }

        if (processorClass is not null && offer.FailedClasses.Contains(processorClass))
        {
            return $"failed in the device lab on processors of the class {processorClass}";
        }

        if (offer.Needs.RamBytes > hardware.RamBytes)
        {
            return $"needs {Mebibytes(offer.Needs.RamBytes)} of memory, the budget is {Mebibytes(hardware.RamBytes)}";
        }

        if (!Version.TryParse(offer.Needs.MinimumOrt, out var minimum) || minimum > hardware.Ort)
        {
            return $"needs ONNX Runtime {offer.Needs.MinimumOrt}, this is {hardware.Ort}";
        }

        var missing = offer.Needs.InstructionSets.Where(name => !hardware.InstructionSets.Contains(name)).ToList();
        return missing.Count == 0 ? null : $"needs {string.Join(", ", missing)}";
    }

    private static VariantDecision Best(List<VariantOffer> fitting, Preference preference)
    {
        var loss = VariantLoss.For(fitting);
        var bySize = fitting.OrderBy(offer => offer.Bytes).ThenBy(offer => offer.Name, StringComparer.Ordinal);
        var byLoss = bySize.OrderBy(loss.Of);
        return preference switch
        {
            Preference.Quality => new(byLoss.First(), $"least {loss.Name} of those that fit", []),
            Preference.Speed => new(
                bySize.OrderByDescending(offer => offer.Figures.TokensPerSecond ?? double.NegativeInfinity).First(),
                "fastest of those that fit",
                []),
            Preference.Size => new(bySize.First(), "fewest bytes of those that fit", []),
            _ => bySize.FirstOrDefault(offer => loss.Of(offer) <= loss.Tolerance) is { } small
                ? new(small, $"fewest bytes within the tolerated {loss.Name}", [])
                : new(byLoss.First(), $"none is within the tolerated {loss.Name}; least of those that fit", []),
        };
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB");
}
