using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Download;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging;
using SlmOps.Packaging.Compositions;

namespace SlmOps.EdgeAgent.Run;

/// <summary>Frees what neither slot needs, once no deployment is under way that may still want it.</summary>
internal sealed class Housekeeping(ContentStore store, ModelSlots slots, CompositionFetcher compositions)
{
    private AgentState? _tidied;

    internal async Task TidyAsync(AgentState state, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(state, _tidied))
        {
            return;
        }

        _tidied = state;
        // A try that failed on the way here is repeated, and then finds what it had fetched.
        if (state.Deployment is { } open && (!LifecycleTable.IsFinal(open.State) || open.State is DeviceState.Superseded
            || open.State == DeviceState.FailedNoStateChange && !IsCondemned(open, state)
            || open.State == DeviceState.FailedRollbackComplete && open.NotBefore is not null))
        {
            return;
        }

        var keep = new HashSet<Digest>();
        foreach (var slot in Enum.GetValues<Slot>())
        {
            // A withdrawn model that never committed runs on where there is nothing to go back to.
            if (state[slot] is not { } content || (!content.Committed && state.Active != slot))
            {
                slots.Clear(slot);
                continue;
            }

            keep.UnionWith([content.Release.Digest, content.Release.Signature, content.Variant.Manifest]);
            keep.UnionWith(await compositions.NeededAsync(content, cancellationToken));
            try
            {
                var manifest = await store.ReadManifestAsync(
                    new(content.Variant.Manifest, content.Variant.ManifestSize),
                    cancellationToken);
                keep.UnionWith(manifest.Files.Select(file => file.Digest));
            }
            catch (Exception exception) when (exception is FileNotFoundException or PackageFormatException)
            {
                // The slot's own files are names of their own; the next check finds what is wrong with them.
            }
        }

        store.Sweep(keep);
    }

    private static bool IsCondemned(Deployment failed, AgentState state) => failed.Adaptation is { } adaptation
        ? state.CondemnedCompositions.Any(one => one.Composition == adaptation.Composition && one.Local == adaptation.Local)
        : state.Condemned.Any(one => one.Release == failed.Release.Digest);
}
