using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Logging;
using SlmOps.Packaging;
using SlmOps.Packaging.Certificates;
using SlmOps.Packaging.Signing;

namespace SlmOps.EdgeAgent.Identity;

/// <summary>
/// The key that a device is known by. Everything that is signed with it is signed here, so that a key in hardware changes this
/// type alone.
/// </summary>
internal sealed class DeviceKey : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly LocalSigningKey _key;

    private DeviceKey(LocalSigningKey key) => _key = key;

    internal PublicKey PublicKey => _key.PublicKey;

    /// <summary>
    /// The key of the data folder, made at the first start. One that is damaged, or that others could read, is put aside: who
    /// might have copied it must not go on as this device.
    /// </summary>
    internal static DeviceKey Open(DataFolder folder, ILogger log)
    {
        DiskPath.ClearForFile(DataFolder.LockOf(folder.IdentityKey));
        try
        {
            if (DiskPath.KindOf(folder.IdentityKey) is PathKind.File or PathKind.Missing)
            {
                return new(LocalSigningKey.LoadOrCreate(folder.IdentityKey));
            }

            Log.FileDamaged(log, folder.IdentityKey, "it is no plain file");
        }
        catch (Exception damage) when (damage is PackageFormatException or InvalidOperationException or CryptographicException)
        {
            Log.FileDamaged(log, folder.IdentityKey, damage.Message);
        }

        DiskPath.PutAside(folder.IdentityKey);
        var aside = folder.IdentityKey + ".damaged";
        if (!OperatingSystem.IsWindows() && DiskPath.KindOf(aside) == PathKind.File)
        {
            File.SetUnixFileMode(aside, OwnerOnly);
        }

        return new(LocalSigningKey.LoadOrCreate(folder.IdentityKey));
    }

    /// <summary>A certificate request, DER in Base64.</summary>
    internal async Task<string> RequestAsync(string deviceId, CancellationToken cancellationToken) =>
        Convert.ToBase64String(await DeviceRequest.WriteAsync(deviceId, _key, cancellationToken));

    /// <summary>A token for one call.</summary>
    internal Task<string> AssertAsync(
        string deviceId, string audience, byte[] certificate, DateTimeOffset now, CancellationToken cancellationToken) =>
        DeviceAssertion.WriteAsync(deviceId, audience, certificate, _key, now, cancellationToken);

    public void Dispose() => _key.Dispose();
}
