using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Cloud;
using SlmOps.EdgeAgent.Device;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Download;
using SlmOps.EdgeAgent.Identity;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Options;
using SlmOps.EdgeAgent.Outbox;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.Smoke;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Run;

/// <summary>The agent, put together.</summary>
internal sealed class AgentParts : IDisposable
{
    private readonly Credential _credential;
    private readonly HttpCloudLink _link;
    private readonly Observed _device;
    private readonly LocalLayers _local;
    private readonly StateRebuilder? _rebuilder;

    internal AgentParts(AgentOptions options, DataFolder folder, DeviceId deviceId, AgentSurroundings around, ILogger log)
    {
        var (clock, random) = (around.Clock, around.Random);
        var inventory = Machine.Inventory(options.MemoryBytes, options.Labels);
        _device = new(
            deviceId,
            options.Labels,
            new(options.MemoryBytes, Version.Parse(inventory.OrtVersion), inventory.InstructionSets.ToHashSet()),
            options.Preference,
            AgentState.Fresh(0))
        {
            ProcessorClass = inventory.ProcessorClass,
        };
        _credential = new(folder, deviceId, options.Channel, clock, log);
        _link = new(options.Url, _credential, clock);
        Enrolment = new(_credential, _link, options.Token, clock, random, log);
        Folder = folder;

        var outbox = new ReportOutbox(folder.Outbox);
        if (outbox.Damage is { } lost)
        {
            Log.FileDamaged(log, folder.Outbox, lost);
        }

        var file = new StateFile(folder.State, clock.GetUtcNow().ToUnixTimeMilliseconds(), around.BeforeWrite, around.AfterWrite);
        if (file.Load() is { } damage)
        {
            Log.FileDamaged(log, folder.State, damage);
        }

        _local = new(folder);
        Journal = new(file, outbox, new(deviceId, options.Channel, inventory, InstanceFile.Keep(folder, log)), clock, _local);
        var trust = TrustRoots.Load(options.TrustPath);
        var store = new ContentStore(folder);
        var composed = new ComposedFiles(store, trust.ReleaseKey, _local);
        var slots = new ModelSlots(folder, store, composed);
        Records = new(folder, composed);
        _rebuilder = file.IsFresh ? new(folder, store, Records, trust.ReleaseKey) : null;
        HasLostReports = outbox.Damage is not null;
        var smoke = new SmokeTrial(options.Launcher, around.Command, options.MemoryBytes, clock);
        Channel = new(_link, trust, Journal, folder, options.Channel, clock, log);
        Reporter = new(outbox, _link, _credential, Journal.Renumber, Journal.GoOnAbove, clock, random, log);
        Voice = new(Journal, Reporter, () => Channel.Document?.Candidate?.DeadlineSeconds ?? 0, clock, log);
        Mercy = new(Journal, folder, around.System ?? Machine.Surroundings, clock, log);
        var downloader = new BlobDownloader(_link, store, clock, random);
        var packages = new PackageFetcher(
            store, downloader, new(store, downloader, log), around.FreeBytes ?? (() => new DriveInfo(folder.Root).AvailableFreeSpace), log);
        var compositions = new CompositionFetcher(folder, store, downloader, composed, _local);
        var preparation = new Preparation(
            Journal,
            new(_link, trust, store, clock, random),
            packages,
            compositions,
            composed,
            slots,
            smoke,
            Voice,
            clock);
        var freshness = new FreshnessCheck(_link, new FreshnessFile(folder, trust.Root), Journal, clock, log);
        var restorer = new SlotRestorer(folder, slots, Records, store, composed, _local, downloader);
        var slotSwitch = new SlotSwitch(Journal, folder, slots, restorer, smoke, Voice, clock, random);
        var outlook = new Outlook(Channel, Observe, clock, log);
        Runner = new(Journal, freshness, preparation, slotSwitch, outlook, Voice, clock, random, log);
        Guard = new(Journal, folder, slots, Records, restorer, slotSwitch, clock, log);
        Housekeeping = new(store, slots, compositions);
    }

    internal DataFolder Folder { get; }

    internal Journal Journal { get; }

    internal ChannelFollower Channel { get; }

    internal PlanRunner Runner { get; }

    internal Enrolment Enrolment { get; }

    internal Reporter Reporter { get; }

    internal Voice Voice { get; }

    internal Mercy Mercy { get; }

    internal Housekeeping Housekeeping { get; }

    internal SlotGuard Guard { get; }

    internal SlotRecords Records { get; }

    /// <summary>Makes the journal anew from the slots when it is lost; says what it found, or null when there was nothing to do.</summary>
    internal string? Rebuild()
    {
        if (_rebuilder?.Rebuild(Journal.State) is not { } state || state is { A: null, B: null })
        {
            return null;
        }

        Journal.Write(state);
        return $"slot A holds {Named(state.A)}, slot B holds {Named(state.B)}, {state.Active} is in charge.";
    }

    /// <summary>True when reports may be lost that the service never got.</summary>
    internal bool HasLostReports { get; }

    private static string Named(SlotContent? content) => content is null ? "nothing" : $"{content.Release.Model} {content.Release.Version}";

    internal Observed Observe() => _device with { State = Journal.State, Local = _local.Find()?.Pin };

    public void Dispose()
    {
        Reporter.Dispose();
        _link.Dispose();
        _credential.Dispose();
    }
}
