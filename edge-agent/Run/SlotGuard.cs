using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Cloud;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Download;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Manifests;

namespace SlmOps.EdgeAgent.Run;

/// <summary>
/// Keeps the model in charge as it was signed. Every look sees whether its files are there and unchanged; they are hashed
/// at the first look and once a day. What is lost or damaged comes back from the store, else from the service, else the
/// other slot serves; and where there is no right model at all, none is named, until one can be fetched.
/// </summary>
internal sealed class SlotGuard(
    Journal journal,
    DataFolder folder,
    ModelSlots slots,
    SlotRecords records,
    SlotRestorer restorer,
    SlotSwitch slotSwitch,
    TimeProvider clock,
    ILogger log)
{
    private static readonly TimeSpan HashEvery = TimeSpan.FromDays(1);

    // With another model at hand the service has this long: what serves must be right within a minute of the start.
    private static readonly TimeSpan RestoreTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, (long Length, DateTime Written)> _sound = [];
    private (Slot Slot, Digest Manifest, Digest Composition, Digest Local) _watched;
    private DateTimeOffset? _hashed;
    private bool _told;

    /// <summary>Looks at the slot in charge, and mends it.</summary>
    /// <param name="document">The channel document, or null.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>True when a download that mends it goes on at the next look, which should come soon.</returns>
    internal async Task<bool> LookAsync(ChannelDocument? document, CancellationToken cancellationToken)
    {
        // The steps that switch slots hash for themselves.
        if (journal.State is not { Active: { } slot, ActiveContent: { } content }
            || journal.State.Deployment is { State: DeviceState.Activating or DeviceState.RollingBack })
        {
            return false;
        }

        Watch(slot, content);
        var files = await records.FilesAsync(slot, content, cancellationToken);
        if (files is null)
        {
            if (await MendAsync(slot, content, null, document, cancellationToken) is { } going)
            {
                return going;
            }

            files = await records.FilesAsync(slot, content, cancellationToken);
        }

        if (files is null)
        {
            CurrentModel.Write(folder, null, null);
            return false;
        }

        var due = _hashed is not { } last || clock.GetUtcNow() - last >= HashEvery || clock.GetUtcNow() < last;
        var damaged = await FindDamagedAsync(slot, files, due, cancellationToken);
        _hashed = due ? clock.GetUtcNow() : _hashed;
        if (damaged.Count > 0 && await MendAsync(slot, content, damaged, document, cancellationToken) is { } unfinished)
        {
            return unfinished;
        }

        foreach (var stranger in slots.Strangers(slot, [.. files.Select(file => file.Path)]))
        {
            Log.StrangerRemoved(log, stranger);
            DiskPath.Remove(stranger);
        }

        CurrentModel.Write(folder, slot, content);
        return false;
    }

    private void Watch(Slot slot, SlotContent content)
    {
        var watched = (slot, content.Variant.Manifest, content.Adaptation?.Composition ?? default, content.Adaptation?.Local ?? default);
        if (watched != _watched)
        {
            (_watched, _hashed, _told) = (watched, null, false);
            _sound.Clear();
        }
    }

    private async Task<List<(PackageFile File, string Damage)>> FindDamagedAsync(
        Slot slot, IReadOnlyList<PackageFile> files, bool due, CancellationToken cancellationToken)
    {
        var damaged = new List<(PackageFile, string)>();
        foreach (var file in files)
        {
            var path = slots.PathOf(slot, file.Path);
            var outward = ContentStore.FindOutwardDamage(path, file.Size);
            var seen = outward is null ? (file.Size, File.GetLastWriteTimeUtc(path)) : default;
            if (outward is null && !due && _sound.GetValueOrDefault(file.Path) == seen)
            {
                continue;
            }

            if ((outward ?? await ContentStore.FindDamageAsync(path, new(file.Digest, file.Size), cancellationToken)) is { } damage)
            {
                _sound.Remove(file.Path);
                damaged.Add((file, damage));
            }
            else
            {
                _sound[file.Path] = seen;
            }
        }

        return damaged;
    }

    /// <summary>Null when everything is in its place again, else whether a download goes on.</summary>
    /// <param name="slot">The slot in charge.</param>
    /// <param name="content">What it should hold.</param>
    /// <param name="damaged">Which files are not what they should be; null where nothing says any more which files it should have.</param>
    /// <param name="document">The channel document, or null.</param>
    /// <param name="cancellationToken">Stops it.</param>
    private async Task<bool?> MendAsync(
        Slot slot,
        SlotContent content,
        List<(PackageFile File, string Damage)>? damaged,
        ChannelDocument? document,
        CancellationToken cancellationToken)
    {
        var what = damaged is null ? "its record and its manifest are lost" : string.Join("; ", damaged.Select(one => one.Damage));
        var incident = new DeviceIncident(
            ReasonCodes.SlotDamaged,
            $"Slot {slot}, {content.Release.Model} {content.Release.Version}: {what}.");
        Log.SlotDamaged(log, incident.What);
        var other = await OtherAsync(document, cancellationToken);
        if (await RestoreAsync(slot, content, damaged, other ? RestoreTime : Slice, cancellationToken) is not { } failure)
        {
            _told = false;
            if (damaged is not null)
            {
                journal.ReportIncident(incident with { Code = ReasonCodes.SlotRestored });
            }

            return null;
        }

        Log.SlotNotRestored(log, slot, failure.Reason);
        if (other)
        {
            if (
                journal.State.Deployment is { } open
                && !LifecycleTable.IsFinal(open.State)
                && LifecycleTable.IsBeforeActivation(open.State))
            {
                journal.Move(
                    DeviceEvent.Replaced,
                    deployment => deployment with { ReasonCode = "superseded", Reason = "The model in charge was damaged." }
                );
            }

            await slotSwitch.GoBackAsync(incident.Code, incident.What, cancellationToken);
            return false;
        }

        // A wrong model is worse than none, and whoever serves one goes by this file.
        CurrentModel.Write(folder, null, null);
        if (!_told)
        {
            _told = true;
            journal.ReportIncident(incident);
        }

        return failure == BlobDownloader.TimeIsUp;
    }

    private async Task<Failure?> RestoreAsync(
        Slot slot,
        SlotContent content,
        List<(PackageFile File, string Damage)>? damaged,
        TimeSpan most,
        CancellationToken cancellationToken)
    {
        var sliceEnd = clock.GetUtcNow() + most;
        using var deadline = new Deadline(most + Grace, clock, cancellationToken);
        try
        {
            if (damaged is null)
            {
                return await restorer.RestoreListAsync(content, sliceEnd, deadline.Token);
            }

            foreach (var (file, _) in damaged)
            {
                if (await restorer.RestoreAsync(slot, content, file, sliceEnd, deadline.Token) is { } failure)
                {
                    return failure;
                }
            }

            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(FailureKind.Transient, "network", "The service gave nothing in time.");
        }
    }

    /// <summary>True when the other slot holds a committed model that may run and is whole, or can be made whole here.</summary>
    private async Task<bool> OtherAsync(ChannelDocument? document, CancellationToken cancellationToken)
    {
        var state = journal.State;
        return state.WayBack is { } back
            && document?.Withdrawn.Contains(back.Release.Digest) != true
            && !state.Condemned.Any(one => one.Manifest == back.Variant.Manifest)
            && await restorer.MendAsync(state.Inactive, back, cancellationToken);
    }
}
