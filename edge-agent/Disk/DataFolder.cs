using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Disk;

/// <summary>Every path the agent writes to; docs/agent.md explains each.</summary>
internal sealed class DataFolder
{
    internal DataFolder(string root)
    {
        Root = Path.GetFullPath(root);
        DiskPath.MakePrivate(Root);
        DiskPath.EnsureFolder(Store);
        DiskPath.EnsureFolder(Partial);
        DiskPath.EnsureFolder(Blobs);
        DiskPath.EnsureFolder(Slots);
    }

    internal string Root { get; }

    internal string Lock => Path.Combine(Root, "agent.lock");

    internal string Holder => Path.Combine(Root, "agent.holder.json");

    internal string DeviceId => Path.Combine(Root, "device-id");

    /// <summary>The random id of this folder.</summary>
    internal string Instance => Path.Combine(Root, "instance-id");

    /// <summary>What an operator wants to be tried again; the agent takes it up and deletes it.</summary>
    internal string Retry => Path.Combine(Root, "retry");

    internal string State => Path.Combine(Root, "state.json");

    internal string Freshness => Path.Combine(Root, "freshness.json");

    internal string Current => Path.Combine(Root, "current.json");

    internal string Outbox => Path.Combine(Root, "outbox.jsonl");

    internal string Store => Path.Combine(Root, "store");

    internal string Blobs => Path.Combine(Root, "store", "blobs", "sha256");

    internal string Partial => Path.Combine(Root, "store", "partial");

    /// <summary>The device's own key, mode 0600.</summary>
    internal string DeviceKey => Path.Combine(Root, "device-key.pem");

    /// <summary>The key that the service knows the device by, mode 0600.</summary>
    internal string IdentityKey => Path.Combine(Root, "identity.pem");

    /// <summary>What writers of a key take turns by.</summary>
    internal static string LockOf(string key) => key + ".lock";

    /// <summary>What the device got when it enrolled.</summary>
    internal string Identity => Path.Combine(Root, "identity.json");

    internal string Local => Path.Combine(Root, "local");

    /// <summary>The signed local layer.</summary>
    internal string LocalLayer => Path.Combine(Local, "layer.json");

    /// <summary>Its files, by digest.</summary>
    internal string LocalFiles => Path.Combine(Local, "files");

    internal string Slots => Path.Combine(Root, "slots");

    internal string Channel(ChannelName name) => Path.Combine(Root, $"channel-{name}.json");

    /// <summary>What a slot holds, beside it: enough to know it again without the journal.</summary>
    internal string SlotRecord(Slot slot) => SlotFolder(slot) + ".json";

    internal string SlotFolder(Slot slot) => Path.Combine(Slots, slot == Slot.A ? "a" : "b");
}
