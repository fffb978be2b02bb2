using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using SlmOps.EdgeAgent.Logging;

namespace SlmOps.EdgeAgent.Disk;

/// <summary>
/// The random id of a data folder: a device that lost its folder, and two that use one id, are told apart by it. Who copies the
/// folder copies the id.
/// </summary>
internal static class InstanceFile
{
    private const int Digits = 32;

    /// <summary>The id that the folder keeps, or a new one where there is none that can be read.</summary>
    internal static string Keep(DataFolder folder, ILogger log)
    {
        var bytes = DurableFile.Read(folder.Instance, 256, out var damage);
        var text = bytes is null ? "" : Encoding.UTF8.GetString(bytes).Trim();
        if (text.Length == Digits && text.All(char.IsAsciiHexDigitLower))
        {
            return text;
        }

        if (bytes is not null || damage is not null)
        {
            Log.FileDamaged(log, folder.Instance, damage ?? "it does not hold an instance id");
            DiskPath.PutAside(folder.Instance);
        }

        var made = RandomNumberGenerator.GetHexString(Digits, lowercase: true);
        DurableFile.Write(folder.Instance, Encoding.UTF8.GetBytes(made + "\n"));
        return made;
    }
}
