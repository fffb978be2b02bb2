using System.Globalization;
using SlmOps.Cli.Watch;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;

namespace SlmOps.Cli.Access;

/// <summary>Why a device runs what it runs, from what it said itself and what its channel and release say. Pure.</summary>
/// <param name="Device">The device.</param>
/// <param name="Channel">Its channel.</param>
/// <param name="Class">Class of its processor; null where nothing is known.</param>
/// <param name="Lines">Sentences in order, what it is about before the colon.</param>
/// <param name="Variants">What its release offers, each with what speaks for or against it there.</param>
internal sealed record DeviceWhy(
    DeviceStatus Device, ChannelStatus Channel, string? Class, IReadOnlyList<string> Lines, IReadOnlyList<VariantWhy> Variants)
{
    /// <param name="device">The device.</param>
    /// <param name="channel">Its channel.</param>
    /// <param name="release">The run of the release that it was last asked to run; null where it is not known any more.</param>
    internal static DeviceWhy Of(DeviceStatus device, ChannelStatus channel, RunStatus? release)
    {
        // An agent that does not know its class says what its processor can.
        var processor = device.Inventory is { } inventory
            ? inventory.ProcessorClass ?? ProcessorClass.Of(inventory.Architecture, inventory.InstructionSets)
            : null;
        var variants = (release?.Variants ?? []).Select(variant => Variant(variant, device, processor)).ToList();
        return new(device, channel, processor, [.. Facts(device, channel, processor, release)], variants);
    }

    private static IEnumerable<string> Facts(DeviceStatus device, ChannelStatus channel, string? processor, RunStatus? release)
    {
        yield return device.Inventory is { } inventory
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"is: {inventory.Architecture}, class {processor ?? "unknown"}, {inventory.RamBytes / 1048576.0:0.#} MiB for a model, "
                    + $"ONNX Runtime {inventory.OrtVersion}, agent {inventory.AgentVersion}")
            : "is: unknown; it has not said yet what it is";
        yield return device.Active.IsEmpty ? "runs: nothing" : $"runs: {Running(device, release)}";
        yield return device.Release.IsEmpty
            ? "asked for: nothing yet"
            : $"asked for: {device.Model} {device.Version}{(device.Ring is { } ring ? $" in ring {ring}" : "")}, "
                + $"{StatusChanges.Name(device.State)}{Because(device.Reason)}";
        if (device.Choice is { } choice && choice.Release == device.Release)
        {
            yield return $"chose: {choice.Variant}, {choice.Reason}";
        }

        if (device.Hold is { } hold)
        {
            yield return $"does nothing: {hold.Code}, {hold.Reason}";
        }

        foreach (var withdrawal in channel.WithdrawnFrom.Where(one => one.ProcessorClass == processor))
        {
            yield return $"withdrawn from its class: release {Name(withdrawal.Release, channel, release)}, "
                + $"instead {(withdrawal.Instead is { } instead ? $"{instead.Model} {instead.Version}" : "nothing")}";
        }

        foreach (var withdrawn in channel.Withdrawn.Where(one => one == device.Release || one == release?.ReleaseDigest))
        {
            yield return $"withdrawn from all: release {Name(withdrawn, channel, release)}";
        }

        if (device.Conflict)
        {
            yield return "conflict: two agents report under its id, and neither counts";
        }
    }

    private static string Running(DeviceStatus device, RunStatus? release) =>
        release?.Variants.FirstOrDefault(variant => !variant.Digest.IsEmpty && variant.Digest == device.Active) is { } variant
            ? $"{variant.Name} of {release.Model} {release.Version}"
            : $"a variant of another release, {device.Active}";

    private static string Name(Digest digest, ChannelStatus channel, RunStatus? release) =>
        release is not null && release.ReleaseDigest == digest ? $"{release.Model} {release.Version}"
        : channel.Stable is { } stable && stable.Digest == digest ? $"{stable.Model} {stable.Version}"
        : digest.ToString();

    private static string Because(string? reason) => string.IsNullOrEmpty(reason) ? "" : $": {reason}";

    private static VariantWhy Variant(VariantStatus variant, DeviceStatus device, string? processor)
    {
        var lab = variant.Lab.Where(one => one.ProcessorClass is not null && one.ProcessorClass == processor).ToList();
        var word = lab.Count == 0 ? "not tried on its class" : string.Join("; ", lab.Select(one => $"{one.Processor} {one.Code}"));
        return new(variant.Name, word, Reason(variant, device));
    }

    private static string Reason(VariantStatus variant, DeviceStatus device)
    {
        if (variant.Digest.IsEmpty)
        {
            return $"not in the release: {StatusChanges.Name(variant.State)}{Because(variant.Reason)}";
        }

        if (device.Choice is not { } choice || choice.Release != device.Release)
        {
            return "offered; the device has not said what it thinks of it";
        }

        return choice.Variant == variant.Name ? $"for: {choice.Reason}"
            : choice.Against.FirstOrDefault(one => one.Variant == variant.Name) is { } against ? $"against: {against.Reason}"
            : $"would fit; {choice.Variant} is preferred";
    }
}

/// <summary>What speaks for or against a variant on a device.</summary>
/// <param name="Name">The variant.</param>
/// <param name="Lab">What the device lab found on the device's class.</param>
/// <param name="Reason">For or against.</param>
internal sealed record VariantWhy(string Name, string Lab, string Reason);
