using Azure.Data.Tables;
using SlmOps.Contracts;
using SlmOps.Pipeline;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Presence;
using SlmOps.Pipeline.Storage;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>
/// An hour that passes at once: what the tables remember is an hour older. So deadlines can be long enough for any machine, and
/// no test waits for one.
/// </summary>
internal static class Hour
{
    private static readonly TimeSpan Length = TimeSpan.FromHours(1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>It passes for the first ring of a rollout, which opened an hour earlier.</summary>
    internal static async Task PassesForRingAsync(Platform platform, ChannelName channel, string rollout)
    {
        var store = new RolloutStore(platform.Tables, Presence(platform), TimeProvider.System);
        while (true)
        {
            var record = (await store.FindChannelAsync(channel, Cancelled))!;
            var found = (await store.FindRolloutAsync(channel, rollout, Cancelled))!.Value;
            var ring = found.Rings[0] with { StartedAt = found.Rings[0].StartedAt - Length };
            if (await store.SaveAsync(record.ETag, record.Value, [found.WithRing(0, ring)], [], Cancelled))
            {
                return;
            }
        }
    }

    /// <summary>It passes since the devices of a channel were heard of; they are silent meanwhile.</summary>
    internal static async Task PassesForDevicesAsync(Platform platform, ChannelName channel)
    {
        var store = new DeviceStore(platform.Tables, Presence(platform), TimeProvider.System);
        foreach (var device in await store.ListAsync(channel, Cancelled))
        {
            var older = device with
            {
                LastSeen = device.LastSeen - Length,
                FirstSeen = device.FirstSeen - Length,
                WordAt = device.WordAt - Length,
                ProgressAt = device.ProgressAt - Length,
            };
            await store.Table.UpsertEntityAsync(JsonRow.Write(channel, device.Id, older), TableUpdateMode.Replace, Cancelled);
        }
    }

    /// <summary>It passes since the timer of the service ran; the functions are away meanwhile.</summary>
    internal static async Task PassesForServiceAsync(Platform platform)
    {
        var table = platform.Tables.GetTableClient(Tables.Rollouts);
        var presence =
            (await table.FindAsync<ServicePresence>(ServicePresence.Partition, ServicePresence.Row, Cancelled))!.Value;
        var older = presence with
        {
            LastTick = presence.LastTick - Length,
            Absences = [.. presence.Absences.Select(absence => new Absence(absence.From - Length, absence.To - Length))],
        };
        await table.UpsertEntityAsync(
            JsonRow.Write(ServicePresence.Partition, ServicePresence.Row, older), TableUpdateMode.Replace, Cancelled);
    }

    private static PresenceStore Presence(Platform platform) => new(platform.Tables, new PipelineOptions(), TimeProvider.System);
}
