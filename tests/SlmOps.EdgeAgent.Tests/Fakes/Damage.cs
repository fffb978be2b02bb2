namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>What years of power cuts, worn flash and people who helped do to a file.</summary>
internal enum Damage
{
    Empty,
    Half,
    Flipped,
    Zeros,
    Garbage,
    Gone,
    Folder,
    DanglingLink,
    TooBig,
}

internal static class Damages
{
    // Longer than any file of the agent's own may be; a hole, so that it costs nothing.
    private const long Big = 17L << 20;

    /// <summary>Damages a file.</summary>
    /// <returns>False when the file looks the same afterwards.</returns>
    /// <param name="damage">How.</param>
    /// <param name="path">The file; it may be missing.</param>
    /// <param name="random">Where and with what.</param>
    /// <param name="inPlace">True to change the bytes under every name that the file has, as a worn disk does.</param>
    internal static bool Apply(Damage damage, string path, Random random, bool inPlace)
    {
        var bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        switch (damage)
        {
            case Damage.Gone:
                File.Delete(path);
                return bytes.Length > 0;
            case Damage.Folder:
                File.Delete(path);
                Directory.CreateDirectory(Path.Combine(path, "inner"));
                return true;
            case Damage.DanglingLink:
                File.Delete(path);
                File.CreateSymbolicLink(path, path + "-nowhere");
                return true;
            case Damage.TooBig:
                Write(path, bytes, Big, inPlace);
                return true;
        }

        var changed = damage switch
        {
            Damage.Empty => [],
            Damage.Half => bytes[..(bytes.Length / 2)],
            Damage.Zeros => new byte[bytes.Length],
            Damage.Garbage => Noise(bytes.Length, random),
            _ => Flip(bytes, random),
        };
        Write(path, changed, changed.Length, inPlace);
        return !changed.SequenceEqual(bytes);
    }

    private static byte[] Noise(int length, Random random)
    {
        var noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }

    private static byte[] Flip(byte[] bytes, Random random)
    {
        var copy = bytes.ToArray();
        if (copy.Length > 0)
        {
            copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
        }

        return copy;
    }

    private static void Write(string path, byte[] content, long length, bool inPlace)
    {
        if (!inPlace)
        {
            File.Delete(path);
        }
        else if (File.Exists(path) && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write);
        file.SetLength(0);
        file.Write(content);
        file.SetLength(length);
    }
}
