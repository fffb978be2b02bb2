using System.Text.Json;
using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Logging;
using SlmOps.Packaging.Certificates;

namespace SlmOps.EdgeAgent.Identity;

/// <summary>Who this device is to the service: its key, the certificate it got for it, and the service's time.</summary>
internal sealed class Credential : IDisposable
{
    private const int MaxBytes = 64 << 10;
    private static readonly TimeSpan TrustedSkew = TimeSpan.FromSeconds(30);
    private readonly DataFolder _folder;
    private readonly string _channel;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly DeviceKey _key;
    private EnrolmentAnswer? _identity;
    private byte[] _certificate = [];
    private TimeSpan _offset;

    internal Credential(DataFolder folder, string deviceId, string channel, TimeProvider clock, ILogger log)
    {
        (_folder, DeviceId, _channel, _clock, _log) = (folder, deviceId, channel, clock, log);
        _key = DeviceKey.Open(folder, log);
        Load();
    }

    internal string DeviceId { get; }

    /// <summary>The time as the service knows it, as far as it was told.</summary>
    internal DateTimeOffset Now => _clock.GetUtcNow() + _offset;

    /// <summary>Why the service does not know this device as it is enrolled; null when it does, as far as is known.</summary>
    internal string? Doubt { get; private set; }

    /// <summary>True when the device has a certificate that is good for its channel.</summary>
    internal bool IsEnrolled => _identity is not null && Doubt is null && _identity.NotAfter > Now && _identity.Channel == _channel;

    /// <summary>True when the certificate is near its end.</summary>
    internal bool IsDue => _identity is not null && _identity.RenewAt <= Now;

    /// <summary>A token for one call; null while the device is not enrolled.</summary>
    internal async Task<string?> AssertAsync(CancellationToken cancellationToken) => _identity is null
        ? null
        : await _key.AssertAsync(DeviceId, _identity.Audience, _certificate, Now, cancellationToken);

    /// <summary>What the device sends to enrol with a token, or to renew with none.</summary>
    internal async Task<EnrolmentRequest> RequestAsync(string? token, CancellationToken cancellationToken) =>
        new(DeviceId, _channel, token, await _key.RequestAsync(DeviceId, cancellationToken));

    /// <summary>Takes up what the service gave; what is wrong with it, or null.</summary>
    internal string? Accept(EnrolmentAnswer answer)
    {
        if (ReadCertificate(answer) is not { } certificate)
        {
            return "The certificate that came is not one of the fleet's authority for this device's key.";
        }

        (_identity, _certificate, Doubt) = (answer, certificate, null);
        DurableFile.Write(
            _folder.Identity,
            SealedJson.Seal(JsonSerializer.SerializeToUtf8Bytes(
                new(IdentityRecord.CurrentSchema, DeviceId, answer), IdentityJson.Default.IdentityRecord)));
        return null;
    }

    /// <summary>Learns from a refusal; true when the call is worth another try with a new token.</summary>
    internal bool Learn(DeviceRefusal refusal, DateTimeOffset? serverTime)
    {
        switch (refusal.Code)
        {
            case RefusalCodes.TokenEarly or RefusalCodes.TokenExpired when serverTime is { } time:
                var off = time - Now;
                if (off.Duration() < TrustedSkew)
                {
                    return false;
                }

                _offset += off;
                Log.ClockCorrected(_log, _offset, _clock.GetUtcNow());
                return true;
            case RefusalCodes.TokenReplayed:
                return true;
            case RefusalCodes.DeviceUnknown or RefusalCodes.TokenSignature or RefusalCodes.TokenAudience
                or RefusalCodes.CertificateExpired or RefusalCodes.OtherChannel:
                Doubt = refusal.Code;
                return false;
            default:
                return false;
        }
    }

    public void Dispose() => _key.Dispose();

    private void Load()
    {
        var bytes = DurableFile.Read(_folder.Identity, MaxBytes, out var damage);
        try
        {
            if (bytes is not null)
            {
                damage = "it does not hold what was written";
                if (SealedJson.Holds(bytes)
                    && JsonSerializer.Deserialize(bytes, IdentityJson.Default.IdentityRecord) is { } record
                    && record.Schema == IdentityRecord.CurrentSchema && record.DeviceId == DeviceId
                    && ReadCertificate(record.Answer) is { } certificate)
                {
                    (_identity, _certificate, damage) = (record.Answer, certificate, null);
                }
            }
        }
        catch (JsonException fault)
        {
            damage = fault.Message;
        }

        if (damage is not null)
        {
            Log.FileDamaged(_log, _folder.Identity, damage);
            DiskPath.PutAside(_folder.Identity);
        }
    }

    /// <summary>The certificate, when the authority beside it signed it for this device's key, whatever the clock says.</summary>
    private byte[]? ReadCertificate(EnrolmentAnswer answer)
    {
        try
        {
            var (certificate, authority) = (Convert.FromBase64String(answer.Certificate), Convert.FromBase64String(answer.Authority));
            return FleetCertificates.KeyOf(certificate, authority, DeviceId, answer.RenewAt) is { } key && key.Equals(_key.PublicKey)
                ? certificate
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
