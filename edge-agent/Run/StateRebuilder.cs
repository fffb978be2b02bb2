using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Verification;

namespace SlmOps.EdgeAgent.Run;

/// <summary>
/// Finds out what the device runs when the journal is lost: from the records beside the slots, each taken up only when the
/// release key signed what it speaks of. What the journal alone knew (a deployment under way, what failed here) is gone;
/// the channel's version comes back with its document, floors with the records.
/// </summary>
internal sealed class StateRebuilder(DataFolder folder, ContentStore store, SlotRecords records, PublicKey releaseKey)
{
    /// <summary>The state with the slots that could be known again; the same when there were none.</summary>
    internal AgentState Rebuild(AgentState fresh)
    {
        var state = fresh;
        foreach (var slot in Enum.GetValues<Slot>())
        {
            if (records.Read(slot) is not { } record || Known(record) is not { } known)
            {
                continue;
            }

            var offer = known.Variants.First(variant => variant.Manifest == record.Content.Variant.Manifest);
            var model = record.Content.Release.Model;
            var floor = state.FloorOf(model);
            state = state
                .With(slot, record.Content with { Variant = offer })
                .Remember(known)
                .WithFloor(
                    model,
                    new(Math.Max(floor.Sequence, record.Floor.Sequence), Math.Max(floor.SecurityFloor, record.Floor.SecurityFloor)));
        }

        return state with { Active = ActiveOf(state) };
    }

    /// <summary>
    /// The slot that was in charge. One that had not passed its soak gives way to one that had: the deployment that would
    /// have watched it is lost, and the channel brings it again.
    /// </summary>
    private Slot? ActiveOf(AgentState state)
    {
        var current = CurrentModel.Read(folder);
        var filled = Enum.GetValues<Slot>().Where(slot => state[slot] is not null).ToList();
        return filled
            .OrderByDescending(slot => state[slot]!.Committed)
            .ThenByDescending(slot => current?.Folder == CurrentModel.NameOf(folder, slot))
            .ThenByDescending(slot => state[slot]!.Sequence)
            .Cast<Slot?>()
            .FirstOrDefault();
    }

    private KnownRelease? Known(SlotRecord record)
    {
        var release = record.Content.Release;
        if (Read(release.Digest, Limits.IndexBytes) is not { } index || Read(release.Signature, Limits.BundleBytes) is not { } bundle
            || ReleaseVerifier.VerifyIndex(index, bundle, releaseKey, release).Refusal is not null)
        {
            return null;
        }

        var variants = ReleaseReader.ReadIndex(index).Variants;
        return variants.FirstOrDefault(variant => variant.Manifest == record.Content.Variant.Manifest) is { } offer
            && Read(offer.Manifest, Limits.ManifestBytes) is { } manifest
            && ReleaseVerifier.VerifyManifest(manifest, release.Model, release.Version, offer).Refusal is null
            ? new(release, variants)
            : null;
    }

    private byte[]? Read(Digest digest, int limit) => DurableFile.Read(store.PathOf(digest), limit, out _);
}
