using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Channels;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>What a device makes of a release that its ring offers.</summary>
internal enum Conduct
{
    Commits,
    FailsAndGoesBack,
    FallsSilentEarly,
    FallsSilentInCharge,
}

/// <summary>
/// A device without a model: it follows the channel as an agent does, and reports what one would. It survives the
/// functions being away, as a device must.
/// </summary>
internal sealed class SimulatedDevice : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(150);
    private static readonly DeviceState[] Way =
    [
        DeviceState.Pending, DeviceState.Retrieved, DeviceState.Downloading, DeviceState.Downloaded, DeviceState.Verified,
        DeviceState.Staged, DeviceState.SmokeTesting, DeviceState.Activating, DeviceState.Soaking,
    ];

    private readonly HttpClient _http;
    private readonly PublicKey _director;
    private readonly DeviceInventory _inventory;
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<Digest> _done = [];
    private Task _work = Task.CompletedTask;
    private long _seq;
    private Digest _active;
    private Digest _activeRelease;

    private SimulatedDevice(Platform platform, string id, string channel, long ram, Dictionary<string, string> labels)
    {
        (Id, Channel) = (id, channel);
        _http = new(new DeviceHandler(id, channel, platform.Connection.FunctionsUrl, platform.Connection.EnrolmentToken))
        {
            BaseAddress = new(platform.Connection.FunctionsUrl, "/api/v1/"),
            Timeout = TimeSpan.FromSeconds(30),
        };
        _director = TrustRoots.Load(platform.Connection.TrustFile).DirectorKey;
        _inventory = new("1.0.0", "1.31.1", "linux", "x64", 2, ram, [], labels)
        {
            ProcessorClass = EdgeAgent.Device.Machine.ProcessorClassName,
        };
    }

    internal string Id { get; }

    internal string Channel { get; }

    internal Conduct Conduct { get; set; } = Conduct.Commits;

    /// <summary>The newest channel document it trusts.</summary>
    internal ChannelDocument? Document { get; private set; }

    /// <summary>Manifest it runs.</summary>
    internal Digest Active => _active;

    /// <summary>States it reported, in order, with the release each was about.</summary>
    internal List<(Digest Release, DeviceState State)> Reported { get; } = [];

    /// <summary>A device that said hello and follows the channel from now on.</summary>
    internal static async Task<SimulatedDevice> StartAsync(
        Platform platform, string id, string channel, long ram = 1L << 30, bool lab = false, Conduct conduct = Conduct.Commits)
    {
        Dictionary<string, string> labels = lab ? new() { ["site"] = "lab" } : [];
        var device = new SimulatedDevice(platform, id, channel, ram, labels) { Conduct = conduct };
        await device.SendAsync(device._inventory, null);
        device._work = device.RunAsync();
        return device;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.False(_work.IsFaulted, $"{Id}: {_work.Exception}");
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            if (await FetchAsync() is { } document)
            {
                Document = document;
                await FollowAsync(document);
            }

            await Task.Delay(Poll, TimeProvider.System, _stop.Token);
        }
    }

    private async Task<ChannelDocument?> FetchAsync()
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri($"channels/{Channel}", UriKind.Relative), _stop.Token);
            if (!answer.IsSuccessStatusCode)
            {
                return null;
            }

            var bytes = await answer.Content.ReadAsByteArrayAsync(_stop.Token);
            var verdict = ChannelVerifier.Verify(bytes, _director, Channel, TimeProvider.System.GetUtcNow(), Document?.Version ?? 0);
            Assert.True(verdict.IsAccepted, verdict.Reason);
            return verdict.Document!.Version > (Document?.Version ?? 0) ? verdict.Document : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private async Task FollowAsync(ChannelDocument document)
    {
        if (document.Withdrawn.Contains(_activeRelease) && !_active.IsEmpty)
        {
            await GoBackAsync(document, "withdrawn");
        }

        if (document.Candidate is not { } offer || _done.Contains(offer.Release.Digest) || document.Withdrawn.Contains(offer.Release.Digest)
            || RingMembership.Find(offer.OpenRings, offer.Salt, Id, _inventory.Labels) is var ring && ring < 0)
        {
            return;
        }

        var name = offer.OpenRings[ring].Name;
        var index = ReleaseReader.ReadIndex(await BlobAsync(offer.Release.Digest));
        var chosen = index.Variants.Where(variant => variant.Needs.RamBytes <= _inventory.RamBytes).MinBy(variant => variant.Bytes);
        if (chosen is null)
        {
            await SayAsync(document, offer, name, null, DeviceState.Pending);
            await SayAsync(document, offer, name, null, DeviceState.Rejected, "no-variant-fits");
            _done.Add(offer.Release.Digest);
            return;
        }

        foreach (var state in Way)
        {
            await SayAsync(document, offer, name, chosen, state);
            if ((Conduct == Conduct.FallsSilentEarly && state == DeviceState.Verified)
                || (Conduct == Conduct.FallsSilentInCharge && state == DeviceState.Activating))
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
            }
        }

        (_active, _activeRelease) = (chosen.Manifest, offer.Release.Digest);
        _done.Add(offer.Release.Digest);
        if (Conduct == Conduct.FailsAndGoesBack)
        {
            await GoBackAsync(document, "unhealthy");
        }
        else
        {
            await SayAsync(document, offer, name, chosen, DeviceState.Committed);
        }
    }

    private async Task GoBackAsync(ChannelDocument document, string reason)
    {
        var release = _activeRelease;
        (_active, _activeRelease) = (default, default);
        foreach (var state in (DeviceState[])[DeviceState.RollingBack, DeviceState.FailedRollbackComplete])
        {
            await StateAsync(
                document,
                new()
                {
                    RolloutId = "",
                    Release = release,
                    Model = Channel,
                    Version = "any",
                    Manifest = default,
                    Attempt = 1,
                    State = state,
                    Verified = true,
                    Active = default,
                    ReasonCode = reason,
                    Reason = $"It was {reason}.",
                });
        }
    }

    private Task SayAsync(
        ChannelDocument document, RolloutOffer offer, string ring, VariantOffer? variant, DeviceState state, string? reason = null) =>
        StateAsync(document, new()
        {
            RolloutId = offer.RolloutId,
            Ring = ring,
            Release = offer.Release.Digest,
            Model = offer.Release.Model,
            Version = offer.Release.Version,
            Variant = variant?.Name,
            Manifest = variant?.Manifest ?? default,
            Attempt = 1,
            State = state,
            Verified = state >= DeviceState.Verified && variant is not null,
            Active = state >= DeviceState.Activating && variant is not null ? variant.Manifest : _active,
            ReasonCode = reason,
            Reason = reason,
        });

    private async Task StateAsync(ChannelDocument document, DeploymentStatus status)
    {
        Reported.Add((status.Release, status.State));
        await SendAsync(null, status, document.Traceparent);
    }

    /// <summary>Sends until it is taken: the functions may be away.</summary>
    private async Task SendAsync(DeviceInventory? inventory, DeploymentStatus? status, string? traceparent = null)
    {
        var report = new DeviceReport(
            DeviceReport.CurrentSchema, Id, ++_seq, TimeProvider.System.GetUtcNow(), Channel, inventory, status, traceparent);
        while (true)
        {
            try
            {
                using var answer = await _http.PostAsJsonAsync(
                    new Uri($"devices/{Id}/reports", UriKind.Relative), new DeviceReportBatch([report]),
                    ContractsJson.Default.DeviceReportBatch, _stop.Token);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }

                Assert.True(answer.StatusCode >= HttpStatusCode.InternalServerError, await answer.Content.ReadAsStringAsync(_stop.Token));
            }
            catch (HttpRequestException)
            {
                // Nobody is there; again.
            }

            await Task.Delay(Poll, TimeProvider.System, _stop.Token);
        }
    }

    private async Task<byte[]> BlobAsync(Digest digest)
    {
        while (true)
        {
            try
            {
                return await _http.GetByteArrayAsync(new Uri($"blobs/{digest}", UriKind.Relative), _stop.Token);
            }
            catch (HttpRequestException)
            {
                await Task.Delay(Poll, TimeProvider.System, _stop.Token);
            }
        }
    }
}
