using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SlmOps.Contracts;

/// <summary>Which ring a device is in: the same pure function on the device and in the rollout stage.</summary>
public static class RingMembership
{
    /// <summary>
    /// A device's place in [0, 1): the first 53 bits of SHA-256(salt, 0x00, device id), so that it is uniform, exact
    /// in a double and the same on every machine.
    /// </summary>
    public static double Unit(string salt, DeviceId deviceId)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{salt}\0{deviceId}"));
        return (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>True when the ring's selector and fraction take the device.</summary>
    public static bool Admits(Ring ring, string salt, DeviceId deviceId, IReadOnlyDictionary<string, string> labels) =>
        ring.Selector.All(wanted => labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value)
        && Unit(salt, deviceId) < ring.Fraction;

    /// <summary>Index of the first ring that takes the device, or -1.</summary>
    public static int Find(
        IReadOnlyList<Ring> rings, string salt, DeviceId deviceId, IReadOnlyDictionary<string, string> labels)
    {
        for (var index = 0; index < rings.Count; index++)
        {
            if (Admits(rings[index], salt, deviceId, labels))
            {
                return index;
            }
        }

        return -1;
    }
}
