using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>
/// What is left of a damaged data folder: whether a device could still serve a right model without a service, and if not, why. It goes
/// by the bytes alone, compared with those of the sound folder, and by nothing of the agent's.
/// </summary>
internal sealed class Remains(string sound, AgentState state, IReadOnlyCollection<Digest> parts)
{
    internal const string Unknown = "neither the journal nor the slot's signed record says what the device runs";
    internal const string Unlisted = "neither the record nor the signed manifest says which files the model has";
    internal const string Lost = "a file of the model is damaged under every name that it has";

    /// <summary>Null when a right model is left; else the reason of the slot that comes nearest.</summary>
    internal string? WhyNothing(string damaged)
    {
        string?[] reasons = [.. Enum.GetValues<Slot>().Where(slot => state[slot] is not null).Select(slot => WhyNothing(damaged, slot))];
        return reasons.Contains(null) ? null : reasons.Contains(Lost) ? Lost : reasons.Contains(Unlisted) ? Unlisted : Unknown;
    }

    private string? WhyNothing(string damaged, Slot slot)
    {
        var content = state[slot]!;
        var (record, name) = ($"slots/{Name(slot)}.json", $"slots/{Name(slot)}");
        Digest[] signed = [content.Release.Digest, content.Release.Signature, content.Variant.Manifest];
        if (!Same(damaged, "state.json") && !(Same(damaged, record) && signed.All(blob => Same(damaged, Blob(blob)))))
        {
            return Unknown;
        }

        // What the device made of signed parts it makes again, and lists by them.
        var canMake = Same(damaged, Blob(content.Variant.Manifest))
            && (content.Adaptation is not { } adaptation || (Same(damaged, Blob(adaptation.Envelope)) && Same(damaged, "device-key.pem")
                && (Same(damaged, Blob(adaptation.Local)) || Same(damaged, "local/layer.json"))
                && parts.All(part => Same(damaged, Blob(part)))));
        if (!Same(damaged, record) && !canMake)
        {
            return Unlisted;
        }

        var files = Directory.EnumerateFiles(Path.Combine(sound, name), "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(sound, path));
        return files.All(file => Same(damaged, file)
            || IsElsewhere(damaged, Digest.Of(File.ReadAllBytes(Path.Combine(sound, file))), canMake))
            ? null
            : Lost;
    }

    private bool IsElsewhere(string damaged, Digest digest, bool canMake) => Same(damaged, Blob(digest))
        || Same(damaged, $"local/files/{digest.Hex}") || (canMake && !File.Exists(Path.Combine(sound, Blob(digest))));

    /// <summary>True when the file is there, no link, with the bytes that it had.</summary>
    private bool Same(string damaged, string file)
    {
        var (before, after) = (Path.Combine(sound, file), Path.Combine(damaged, file));
        return File.Exists(before) && DiskPath.KindOf(after) == PathKind.File && FileBytes.Same(before, after);
    }

    private static string Blob(Digest digest) => $"store/blobs/sha256/{digest.Hex}";

    private static string Name(Slot slot) => JsonNamingPolicy.CamelCase.ConvertName(slot.ToString());
}

/// <summary>Compares files without taking them into memory whole: thousands of large arrays cost more than the comparison.</summary>
internal static class FileBytes
{
    [ThreadStatic]
    private static byte[]? _left;

    [ThreadStatic]
    private static byte[]? _right;

    internal static bool Same(string left, string right)
    {
        var (one, other) = (_left ??= new byte[1 << 16], _right ??= new byte[1 << 16]);
        using var first = File.OpenHandle(left);
        using var second = File.OpenHandle(right);
        var length = RandomAccess.GetLength(first);
        if (length != RandomAccess.GetLength(second))
        {
            return false;
        }

        for (var offset = 0L; offset < length;)
        {
            var read = RandomAccess.Read(first, one, offset);
            for (var more = 0; more < read;)
            {
                more += RandomAccess.Read(second, other.AsSpan(more, read - more), offset + more);
            }

            if (!one.AsSpan(0, read).SequenceEqual(other.AsSpan(0, read)))
            {
                return false;
            }

            offset += read;
        }

        return true;
    }
}
